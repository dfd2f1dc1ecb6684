"""API keys: listing, making, rotating and revoking them, and noting when each was last used."""
