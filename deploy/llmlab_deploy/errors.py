"""What can go wrong when processes are started, said so that a person can mend it."""

from llmlab_shared.errors import LLMLabError


class StackError(LLMLabError):
    """Something could not be started or found; `detail` says what to do about it.

    `said` are lines that show it: the end of a log, say.
    """

    def __init__(self, detail: str, said: str = "") -> None:
        super().__init__("stack", detail)
        self.said = said

    def __str__(self) -> str:
        return f"{self.detail}\n{self.said}" if self.said else self.detail


class Unreachable(StackError):
    """A PostgreSQL or a Redis does not answer."""
