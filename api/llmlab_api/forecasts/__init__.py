"""What a period will have cost when it ends."""
