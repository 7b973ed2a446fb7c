"""The backend put into somebody's package: an archive of it, or a tree. Decided, then written."""
