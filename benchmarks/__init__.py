"""Figures that the README does not promise: ``python -m benchmarks``."""
