"""The rules: each a pure function from a history and prices to advice, or to why there is none."""
