"""Asking a server several things at once: a person waits for the slowest answer, not for all in turn."""

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any


def answers(questions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return what each question answers, in their order. Raises the error of the first that failed.

    The threads are daemons and are waited for through a queue: Ctrl-C is heard at once, and nothing that
    still waits for its answer keeps the process alive.
    """
    done: SimpleQueue[tuple[int, Any, BaseException | None]] = SimpleQueue()

    def ask(number: int, question: Callable[[], Any]) -> None:
        try:
            done.put((number, question(), None))
        except BaseException as error:
            done.put((number, None, error))

    for number, question in enumerate(questions):
        threading.Thread(target=ask, args=(number, question), daemon=True).start()
    found = sorted((done.get() for _ in questions), key=lambda answer: answer[0])
    for _, _, error in found:
        if error is not None:
            raise error
    return [answer for _, answer, _ in found]
