"""Support tickets, filed in the name of a person with azure-mgmt-support."""
