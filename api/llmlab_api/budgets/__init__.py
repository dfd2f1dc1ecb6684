"""Budgets: what may be spent, what is spent of it, and which thresholds it has passed."""
