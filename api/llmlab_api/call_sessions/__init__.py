"""The costliest sessions and traces."""
