"""Files that people attach, and files that the bot offers: download, unpack, read, upload."""
