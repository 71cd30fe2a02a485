"""Everything that the bot says and understands, in a folder of YAML files for each language."""
