"""Files that people attach to their messages: fetched from where Teams keeps them, unpacked, read."""
