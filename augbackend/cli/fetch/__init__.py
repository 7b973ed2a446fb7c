"""Indexes, downloads, caches, repositories."""
