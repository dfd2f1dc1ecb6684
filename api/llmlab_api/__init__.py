"""The HTTP API: a thin front that accepts cost events and serves what the worker stored."""
