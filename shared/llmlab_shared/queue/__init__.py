"""The Redis stream that carries accepted events from the API to the workers."""
