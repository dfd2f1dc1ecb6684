"""What calls that were made would have cost with other models."""
