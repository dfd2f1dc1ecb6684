"""The `llmlab` command line: what a person types, and how the answers look in a terminal.

Everything it knows about a server it learns through the SDK (`llmlab`); it never imports server code.
"""
