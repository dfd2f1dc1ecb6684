"""Telling people: what a message says, and how each kind of channel is told."""
