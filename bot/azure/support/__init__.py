"""Support tickets, filed on a person's behalf with azure-mgmt-support."""
