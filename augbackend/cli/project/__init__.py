"""What a consumer says: its tables, locks and sources."""
