"""One package's archive: decided, then written."""
