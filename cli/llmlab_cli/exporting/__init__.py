"""Bringing an export here: asking on when a connection breaks, and keeping what came."""
