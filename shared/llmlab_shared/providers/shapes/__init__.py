"""The shapes of usage objects: one module a family of APIs, whoever serves it."""
