"""File support tickets as the person, through azure-mgmt-support."""
