"""A static folder in the simple repository format, and the server to try it with."""
