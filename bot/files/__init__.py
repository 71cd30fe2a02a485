"""Files that people attach, and files the bot gives: download, unpack, read, upload."""
