"""Whether the API lives, and whether it can do its work."""
