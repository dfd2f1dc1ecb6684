"""The embedded default: a real PostgreSQL and a real Valkey as child processes of `llmlab up`."""
