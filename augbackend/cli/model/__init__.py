"""Values that several folders speak of."""
