"""One module a command; `command_table` says which, so that none is imported before it is run."""
