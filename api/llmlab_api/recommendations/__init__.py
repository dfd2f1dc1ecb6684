"""Advice from a workspace's own last 30 days, with savings worked out from its own tokens."""
