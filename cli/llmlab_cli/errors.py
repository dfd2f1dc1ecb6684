"""What can go wrong, in one line that says what to do, and the exit code that a script can read."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmlab.errors import LLMLabError

OK = 0
PROBLEM = 1
USAGE = 2
UNREACHABLE = 3
NOT_ALLOWED = 4
LOCAL_FILES = 5
INTERRUPTED = 130
BROKEN_PIPE = 141


class CLIError(Exception):
    """A command ended without its result: `str(error)` is the line to show, `exit_code` how to end."""

    def __init__(self, message: str, exit_code: int = PROBLEM) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ReaderGone(Exception):
    """Whoever read standard output has left (`| head`). No OSError, which click would end with 1."""


def from_sdk(error: "LLMLabError") -> CLIError:
    """Return what to show for an error of the SDK: its own sentence, and the command that helps."""
    from llmlab import errors as sdk

    line = one_line(error.detail)
    for wrong in error.errors[:3]:
        where = wrong.get("field") or ".".join(str(part) for part in wrong.get("loc") or ())
        what = wrong.get("message") or wrong.get("msg")
        if what and str(what) not in line:
            line += f"; {where}: {what}" if where else f"; {what}"
    match error:
        case sdk.ConnectionFailed():
            return CLIError(
                f"{fact_of(error)}. Is it running? `llmlab up` starts one here, `llmlab init` names another",
                UNREACHABLE,
            )
        case sdk.ServerUnavailable():
            return CLIError(line, UNREACHABLE)
        case sdk.AuthenticationFailed():
            return CLIError(f"{line} ({_mend(error.code)})", NOT_ALLOWED)
        case sdk.PermissionDenied(code="not_a_member" | "signup_closed"):
            return CLIError(line, NOT_ALLOWED)
        case sdk.PermissionDenied():
            return CLIError(f"{line} (`llmlab login` signs in as a person who may)", NOT_ALLOWED)
        case sdk.ConfigurationError(code="no_api_key"):
            return CLIError(line, NOT_ALLOWED)
        case sdk.ConfigurationError():
            return CLIError(line, LOCAL_FILES)
        case _:
            return CLIError(line)


def _mend(code: str) -> str:
    if code.startswith("key_"):
        return "`llmlab init` takes another key, `llmlab doctor` looks closer"
    if code == "bad_credentials":
        return "`llmlab signup` makes an account"
    return "`llmlab login` signs in"


def fact_of(error: "LLMLabError") -> str:
    """Return what happened, without the SDK's advice on a server that is not there: there is better here."""
    return one_line(error.detail.partition(": is it running?")[0])


def one_line(text: str) -> str:
    """Return text of elsewhere as one line that no terminal obeys."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split())).rstrip(".")
