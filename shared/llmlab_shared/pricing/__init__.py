"""Dated prices and what an event costs by them."""
