"""Price lists: reading them, judging them, and bringing them into the price book."""
