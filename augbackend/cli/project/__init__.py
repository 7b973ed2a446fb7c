"""What a project says of its dependencies: its tables, locks and sources."""
