"""Running a stack in the foreground: start it, show where it is, keep it up, stop it in order."""

import time
from collections.abc import Callable

from llmlab_deploy.embedded.supervisor import StopRequested
from llmlab_deploy.first_user import FirstUser, first_user
from llmlab_deploy.screen import Screen
from llmlab_deploy.stack import Stack, StackOptions


def run_stack(
    options: StackOptions,
    started: Callable[[Stack, Screen, FirstUser], None] | None = None,
    *,
    kept: bool = True,
) -> None:
    """Run a stack until Ctrl-C or SIGTERM.

    `started` is called once everything is up, with the first user; it may wait through
    `stack.supervisor.attend` only, so that a stop is heard. `kept` says what becomes of the data.
    """
    screen = Screen()
    with Stack(options, screen) as stack:
        try:
            stack.start()
            # With an outside database the first to sign up shall be a person, not this start.
            user = first_user(stack.folder, stack.url) if options.api and stack.owns_database else None
            if started is not None and user is not None:
                started(stack, screen, user)
            screen.welcome(stack, user)
            stack.watch()
        except StopRequested:
            pass
        screen.say("Stopping …")
        begun = time.perf_counter()
    data = f"The data is kept in {stack.folder.path}." if kept else "The data is removed."
    screen.say(f"Stopped in {time.perf_counter() - begun:.1f} s. {data}")
