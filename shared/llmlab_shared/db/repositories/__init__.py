"""Queries, one file a noun."""
