"""Files of the user's that we change."""
