"""Repricing: events priced anew, as adjustments beside them, in steps that are each true by themselves."""
