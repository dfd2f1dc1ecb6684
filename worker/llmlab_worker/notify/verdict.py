"""What came of trying to send: nothing (it was taken), later, or never."""

from collections.abc import Sequence


class TryLater(Exception):
    """It may go through later. `after` are the seconds that the receiver asked for.

    `reached` are addressees that have it now and must not get it again; `whole_channel`: the receiver takes
    nothing else before then either.
    """

    def __init__(
        self,
        reason: str,
        *,
        after: float | None = None,
        reached: Sequence[str] = (),
        whole_channel: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.reached = reached
        self.whole_channel = whole_channel


class GiveUp(Exception):
    """It will not go through like this, however often it is tried: `reason` says what to mend."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
