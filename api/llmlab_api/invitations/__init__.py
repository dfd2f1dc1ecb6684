"""Invitations: links that let one person into a workspace."""
