"""What `llmlab demo` shows: the main job checked to the last digit, or a month of calls to look at."""
