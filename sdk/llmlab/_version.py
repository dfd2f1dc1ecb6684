"""The version of this package; the same as in pyproject.toml, which a test compares."""

VERSION = "0.1.0"
