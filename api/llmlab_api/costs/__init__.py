"""Reading costs: totals from the rollups, and the events themselves."""
