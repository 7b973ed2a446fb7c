"""The commands: options in, lines out."""
