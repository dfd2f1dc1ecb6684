"""The entry point: runs a command and turns whatever happens into one line and an exit code."""

import errno
import sys
import traceback
from collections.abc import Sequence

# Nothing heavy is imported up here, so that Ctrl-C meets the handler below from the first moment.
from llmlab_cli.errors import (
    BROKEN_PIPE,
    INTERRUPTED,
    LOCAL_FILES,
    OK,
    PROBLEM,
    USAGE,
    CLIError,
    ReaderGone,
    from_sdk,
    one_line,
)

_FULL = (errno.ENOSPC, errno.EDQUOT)


def main() -> None:
    """Run `llmlab` with the arguments of the process, and end it."""
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    except (ReaderGone, BrokenPipeError):
        code = BROKEN_PIPE
    if code == BROKEN_PIPE:
        # Who read our output has gone (`| head`): nothing to complain about, and nowhere to flush to.
        from llmlab_cli.screen import discard_output

        discard_output()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Only KeyboardInterrupt and a closed output leave it."""
    import rich_click as click
    from click.exceptions import NoArgsIsHelpError

    from llmlab_cli import screen
    from llmlab_cli.app import Invocation, root

    invocation = Invocation()
    try:
        result = root.main(list(arguments), prog_name="llmlab", standalone_mode=False, obj=invocation)
        sys.stdout.flush()
    except NoArgsIsHelpError as error:
        screen.write(error.message + "\n")
        return OK
    except click.Abort:
        # click has already ended the line that the person was on.
        return INTERRUPTED
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "llmlab"
        _complain(f"{one_line(error.format_message())} (`{command} --help`)")
        return USAGE
    except click.ClickException as error:
        _complain(one_line(error.format_message()))
        return error.exit_code
    except (ReaderGone, BrokenPipeError):
        raise
    except Exception as error:
        return _failure(error, debug=invocation.debug)
    # click hands back the code of `ctx.exit`, and whatever a command returned.
    return result if isinstance(result, int) else OK


def _failure(error: Exception, *, debug: bool) -> int:
    from llmlab import LLMLabError

    from llmlab_cli import screen

    if debug:
        traceback.print_exception(error)
    if isinstance(error, LLMLabError):
        error = from_sdk(error)
    if isinstance(error, OSError) and error.errno in _FULL and error.filename is None:
        screen.discard_output()
        error = CLIError(f"the output cannot be written ({error.strerror})", LOCAL_FILES)
    if isinstance(error, CLIError):
        _complain(str(error))
        return error.exit_code
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    again = "" if debug else " (run it again as `llmlab --debug …` and report what it prints)"
    _complain(f"this should not happen: {one_line(what)}{again}")
    return PROBLEM


def _complain(line: str) -> None:
    from llmlab_cli import screen

    screen.say(f"llmlab: {line}")
