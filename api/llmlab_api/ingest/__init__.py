"""Taking cost events: read the body, judge each event, queue what is good, answer 202."""
