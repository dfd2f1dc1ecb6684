"""Forks and endings: what happens to the recorders of a process when it splits in two or ends."""

from __future__ import annotations

import atexit
import logging  # noqa: F401  # see _Process
import os
import sys
import threading
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from llmlab._recorder import Recorder

_LONGEST_LOADING = 5.0


class _Process:
    """What belongs to this process alone.

    `loading` is held while a sender loads its modules, and a fork waits for it: a child that is born in the
    middle of an import could never import that module. (logging has hooks of its own, which must be there
    before a fork begins; so it cannot be loaded then, as the rest is.)
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget what belonged to the process that this one was forked from."""
        self.loading = threading.Lock()
        self.fork_holds_loading = False
        self.has_finalizer = False


_process = _Process()
_recorders: weakref.WeakSet[Recorder] = weakref.WeakSet()


def watch(recorder: Recorder) -> None:
    """Have a recorder begin anew in forked children, and finish at the end of the process."""
    _recorders.add(recorder)


def loading() -> threading.Lock:
    """Return what to hold while importing in another thread than the host's."""
    return _process.loading


def finish_with_this_process() -> None:
    """Finish also at the end of a child of multiprocessing, which calls no function of atexit's."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is None or multiprocessing.parent_process() is None or _process.has_finalizer:
        return
    from multiprocessing.util import Finalize

    _process.has_finalizer = True
    Finalize(None, _at_exit, exitpriority=0)


def _at_exit() -> None:
    """Deliver what is left, all recorders at once, each within its own time."""
    recorders = list(_recorders)
    for recorder in recorders:
        recorder.stop(recorder.exit_timeout)
    for recorder in recorders:
        recorder.join()


def _before_fork() -> None:
    _process.fork_holds_loading = _process.loading.acquire(timeout=_LONGEST_LOADING)


def _after_fork_in_parent() -> None:
    if _process.fork_holds_loading:
        _process.loading.release()


def _after_fork_in_child() -> None:
    _process.begin()
    for recorder in list(_recorders):
        recorder.after_fork()


# At import, so that what the host registers later, and tracks from there, runs before this.
atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
