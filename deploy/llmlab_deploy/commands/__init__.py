"""The server commands of the `llmlab` program; it finds them through the entry points `llmlab.commands`."""
