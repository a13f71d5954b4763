"""The desk: where agents see who waits, read what was said and answer."""
