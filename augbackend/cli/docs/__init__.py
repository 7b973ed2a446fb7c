"""Schema and reference, generated from the settings."""
