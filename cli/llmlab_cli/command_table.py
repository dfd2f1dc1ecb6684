"""Which commands there are, where they live and what each is for, in words that need no import.

`llmlab --help` reads only this table and the names of the installed entry points: importing every
command, and the server behind `up`, to print a list would take seconds. A test holds each line here
against the help text of the command itself.
"""

from dataclasses import dataclass
from typing import Literal

Heading = Literal["everyday", "manage", "operate"]
HEADINGS: tuple[Heading, ...] = ("everyday", "manage", "operate")

ENTRY_POINTS = "llmlab.commands"


@dataclass(frozen=True)
class Entry:
    """A line of the help page. `attribute` is the command's name in `llmlab_cli.commands.<module>`."""

    heading: Heading
    short_help: str
    module: str = ""
    attribute: str = "command"


OWN: dict[str, Entry] = {
    "init": Entry("everyday", "Connect this machine to a server with an API key.", "init"),
    "status": Entry("everyday", "Show what was spent, on what, and against which budget.", "status"),
    "watch": Entry("everyday", "Watch spend and calls as they happen.", "watch"),
    "optimize": Entry("everyday", "Show how to spend less, and how much that saves.", "optimize"),
    "what-if": Entry("everyday", "Price the calls you made on other models.", "what_if"),
    "estimate": Entry("everyday", "Compare what calls would cost with several models.", "estimate"),
    "export": Entry("everyday", "Save every call as CSV, JSON lines, Parquet or FOCUS.", "export"),
    "doctor": Entry("everyday", "Find what is wrong with the setup, and how to mend it.", "doctor"),
    "signup": Entry("manage", "Make an account on a server and connect this machine.", "signup"),
    "login": Entry("manage", "Sign in with e-mail and password.", "login"),
    "logout": Entry("manage", "Sign out, here and on the server.", "logout"),
    "budget": Entry("manage", "Set, list, try and remove budgets.", "budget"),
    "events": Entry("manage", "List, follow and look at single calls.", "events"),
    "alerts": Entry("manage", "See what was told, acknowledge it, and send it again.", "alerts"),
    "channels": Entry(
        "manage", "Say where alerts go: by mail, to a chat, to a service of yours.", "channels"
    ),
    "prices": Entry("manage", "Look prices up, set your own, and price calls again.", "prices"),
    "quarantine": Entry("manage", "Mend calls whose token counts contradict each other.", "quarantine"),
    "keys": Entry("manage", "List, create, rotate and revoke API keys.", "keys"),
    "config": Entry("manage", "Show and change this machine's settings.", "config"),
    "completion": Entry("manage", "Let the shell complete commands, options and profiles.", "completion"),
}

# What the server distribution brings, in the order of use; other names of the group follow these.
SERVER: dict[str, Entry] = {
    "up": Entry("operate", "Run the whole of LLMLab on this machine."),
    "demo": Entry("operate", "Run it with a month of made-up calls to look at."),
    "api": Entry("operate", "Run an API process."),
    "worker": Entry("operate", "Run a worker process."),
    "workers": Entry("operate", "Show which workers live, and what they do."),
    "db": Entry("operate", "Migrate the database, prove its totals, and mend them."),
    "users": Entry("operate", "See who has an account, and let somebody choose a new password."),
    "deadletters": Entry("operate", "Look at events that could not be written, replay or drop them."),
}
# What the group `prices` of the server distribution adds to ours of that name.
SERVER_PRICES: dict[str, str] = {
    "sync": "Bring the catalogue and LLMLab's overrides into the database.",
}
# What the help page offers where the server is not installed.
OFFERED_WITHOUT_SERVER = ("up", "demo")
