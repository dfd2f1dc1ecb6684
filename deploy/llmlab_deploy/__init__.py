"""Running LLMLab: the embedded stack and the server commands of the CLI."""
