"""Sessions as files for other people and programs: a page to read, lines to load elsewhere."""
