"""The workspace itself: its name, its time zone and the tags that it counts by."""
