"""What `llmlab up` and `llmlab demo` show."""

import shutil
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from llmlab_deploy.first_user import FirstUser
from llmlab_deploy.stack import Reporter, Stack


def activation() -> Path | None:
    """Return what a shell must read to have this environment's `llmlab` and Python, None if it has them."""
    script = Path(sys.prefix) / "bin" / "activate"
    found = shutil.which("llmlab")
    ours = found is not None and Path(found).resolve().parent == script.parent.resolve()
    return script if script.exists() and not ours else None


class Screen(Reporter):
    """Progress on the terminal, line by line; keys and addresses are never wrapped."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._begun = time.perf_counter()
        self.stages: list[tuple[str, float]] = []

    def say(self, sentence: str) -> None:
        """Show something that happened."""
        self._console.print(escape(sentence))

    def stage(self, what: str, seconds: float) -> None:
        """Show a finished step of the start, and remember how long it took."""
        self.stages.append((what, seconds))
        self._console.print(f"[green]✓[/green] {escape(what):<44} [dim]{seconds:6.2f} s[/dim]")

    def welcome(self, stack: Stack, user: FirstUser | None) -> None:
        """Show where the running stack is, how to report a call, and how to stop."""
        lines = ["", f"[bold]LLMLab is running[/bold] [dim](after {self._elapsed():.1f} s)[/dim]", ""]
        if stack.options.api:
            lines += [
                f"  URL        [bold cyan]{stack.url}[/bold cyan]",
                f"  API docs   {stack.url}/api/docs",
            ]
        if user is not None:
            lines += [f"  API key    [bold cyan]{user.api_key}[/bold cyan]"]
            lines += [f"  Sign in    {user.email}  {escape(user.password)}"]
        lines += [f"  Data       {escape(str(stack.folder.path))}"]
        if stack.options.api and user is None:
            lines += ["", "  Sign up or sign in:"]
            lines += [f"    llmlab signup --url {stack.url}", f"    llmlab login --url {stack.url}"]
        if activate := activation():
            lines += ["", "  In another terminal, first:", f"    . {escape(str(activate))}"]
        if user is not None:
            lines += ["", "  Report a call:"]
            lines += [
                "    import llmlab",
                f'    llmlab.init(base_url="{stack.url}", api_key="{user.api_key}")',
                '    llmlab.track(provider="openai", model="gpt-4", input_tokens=1000, output_tokens=500)',
            ]
            lines += ["", "  See it:"]
            lines += [f"    llmlab init --url {stack.url} --api-key {user.api_key}", "    llmlab status"]
        lines += ["", "Ctrl-C stops it.", ""]
        self._console.print("\n".join(lines))

    def summary(self) -> None:
        """Show how long each stage took, and all together."""
        lines = ["", "[bold]How long it took[/bold]"]
        lines += [f"  {escape(what):<44} {seconds:6.2f} s" for what, seconds in self.stages]
        lines += [f"  {'all together':<44} {self._elapsed():6.2f} s"]
        self._console.print("\n".join(lines))

    def _elapsed(self) -> float:
        return time.perf_counter() - self._begun
