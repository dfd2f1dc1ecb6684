"""What was accepted and could not be written, for the admins of the workspace it belongs to."""
