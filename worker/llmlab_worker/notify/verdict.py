"""What came of trying to send: nothing (it was taken), later, or never."""

from collections.abc import Sequence


class TryLater(Exception):
    """It may go through later. `after` are the seconds that the receiver asked for.

    `reached` are addressees that have it now and must not get it again.
    """

    def __init__(self, reason: str, *, after: float | None = None, reached: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.reached = reached


class GiveUp(Exception):
    """It will not go through like this, however often it is tried: `reason` says what to mend."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
