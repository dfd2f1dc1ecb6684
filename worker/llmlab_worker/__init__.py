"""The worker: prices the events of the stream and writes them to PostgreSQL."""
