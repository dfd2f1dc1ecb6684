"""The errors that LLMLab's own code raises on purpose.

Every one carries a `code` that is part of the wire contract and a sentence that says what to mend.
"""


class LLMLabError(Exception):
    """Something the caller can understand and mend; `code` is stable, `detail` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class ConfigurationError(LLMLabError):
    """A setting is missing or contradicts another; nothing was started."""

    def __init__(self, detail: str) -> None:
        super().__init__("bad_configuration", detail)
