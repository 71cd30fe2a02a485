"""What Azure answered in recordings of Azure CLI's own tests, as fixtures; README.md says where they come from."""
