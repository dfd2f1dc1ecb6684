"""Values of a dimension to filter by, offered while somebody types."""
