"""The `llmlab` command line."""
