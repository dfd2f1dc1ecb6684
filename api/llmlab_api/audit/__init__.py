"""Who did what in a workspace."""
