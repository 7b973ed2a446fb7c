"""The only door for other people's code."""
