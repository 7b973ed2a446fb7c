# type: ignore  # augbackend 0.1.0, copied by `augbackend adopt`; not to be edited here
"""What happens around one call of a hook. Its arguments are named and ordered as in PEP 517: frontends use both."""
