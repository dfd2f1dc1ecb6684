"""Every event of a span as one stream: JSON lines, CSV, or FOCUS for cost tools."""
