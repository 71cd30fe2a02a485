"""Checks of a template against what's in Azure: images, galleries, networks, identities, and their roles."""
