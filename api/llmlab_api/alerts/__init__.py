"""What the workspace was told, and what became of it on its way."""
