"""What happens around one call of a hook. Its arguments are named and ordered as in PEP 517: frontends use both."""
