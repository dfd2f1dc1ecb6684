"""What can go wrong when processes are started, said so that a person can mend it."""

from llmlab_shared.errors import LLMLabError


class StackError(LLMLabError):
    """Something could not be started or found; `detail` says what to do about it."""

    def __init__(self, detail: str) -> None:
        super().__init__("stack", detail)
