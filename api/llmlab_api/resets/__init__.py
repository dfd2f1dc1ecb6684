"""Forgotten passwords: asking for a link, and setting a new one by it."""
