"""The file `~/.llmlab/config.json`: profiles with a server's URL, an API key and a sign-in token.

It holds secrets, so the file is 0600 and its folder 0700. Unknown fields and other profiles are kept
as they are: another version of LLMLab may have written them.
"""

import json
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmlab_cli.errors import LOCAL_FILES, CLIError

DEFAULT_PROFILE = "default"
DEFAULT_URL = "http://127.0.0.1:8000"
# What a profile may hold; the first form of the file had these at its top, without profiles.
FIELDS = ("url", "api_key", "token")


def config_path() -> Path:
    """Return where the file is, whether or not it exists."""
    return Path.home() / ".llmlab" / "config.json"


@dataclass
class ConfigFile:
    """The file's content. `old_form` says that it was read from the form without profiles."""

    path: Path
    content: dict[str, Any] = field(default_factory=dict)
    old_form: bool = False

    @property
    def profiles(self) -> dict[str, dict[str, Any]]:
        """Return the profiles by name; changing them changes what `save` writes."""
        profiles: dict[str, dict[str, Any]] = self.content.setdefault("profiles", {})
        return profiles

    @property
    def in_use(self) -> str:
        """Return the profile that holds where nobody names another: `llmlab config use` sets it."""
        return str(self.content.get("profile") or DEFAULT_PROFILE)

    def use(self, profile: str) -> None:
        """Make a profile the one that holds where nobody names another."""
        if profile == DEFAULT_PROFILE:
            self.content.pop("profile", None)
        else:
            self.content["profile"] = profile

    def update(self, profile: str, **values: str | None) -> None:
        """Set fields of a profile, making it when it is new; None removes a field."""
        fields = self.profiles.setdefault(profile, {})
        for name, value in values.items():
            if value is None:
                fields.pop(name, None)
            else:
                fields[name] = value

    def save(self) -> None:
        """Write the file so that nobody sees half of it and nobody else can read it.

        Raises CLIError when the place cannot be written.
        """
        # A link (into a folder of dotfiles, say) stays a link: its target is replaced.
        target = self.path.resolve()
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.parent.chmod(0o700)
            descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".config-")
            try:
                with open(descriptor, "w", encoding="utf-8") as file:
                    json.dump(self.content, file, indent=2, ensure_ascii=False)
                    file.write("\n")
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, target)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary)
                raise
        except OSError as error:
            raise CLIError(
                f"cannot write {self.path} ({error.strerror}): make it writable, "
                "or set LLMLAB_API_KEY and LLMLAB_URL instead",
                LOCAL_FILES,
            ) from error


def load(path: Path | None = None) -> ConfigFile:
    """Return the file's content, empty when there is none. Raises CLIError when it cannot be understood."""
    path = path or config_path()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return ConfigFile(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CLIError(f"cannot read {path} ({reason}): mend or remove it", LOCAL_FILES) from error
    try:
        content = json.loads(text)
    except ValueError as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise CLIError(
            f"{path} is not valid JSON{line}: mend it, or move it away and run `llmlab init`", LOCAL_FILES
        ) from error
    if not _is_sound(content):
        raise CLIError(
            f'{path} is not of the form {{"profiles": {{"default": {{"api_key": "…"}}}}}}: '
            "mend it, or move it away and run `llmlab init`",
            LOCAL_FILES,
        )
    return _with_profiles(path, content)


def _is_sound(content: object) -> bool:
    if not isinstance(content, dict):
        return False
    profiles = content.get("profiles", {})
    if not isinstance(profiles, dict) or not all(isinstance(p, dict) for p in profiles.values()):
        return False
    values = [p.get(name) for p in (*profiles.values(), content) for name in FIELDS]
    values.append(content.get("profile"))
    return all(value is None or isinstance(value, str) for value in values)


def _with_profiles(path: Path, content: dict[str, Any]) -> ConfigFile:
    if "profiles" in content or not any(name in content for name in FIELDS):
        return ConfigFile(path, content)
    fields = {name: content.pop(name) for name in FIELDS if name in content}
    return ConfigFile(path, {"profiles": {DEFAULT_PROFILE: fields}, **content}, old_form=True)


def shown(path: Path) -> str:
    """Return a path as people write it, with `~` for their home."""
    home = str(Path.home())
    return str(path).replace(home, "~", 1) if str(path).startswith(home + os.sep) else str(path)


def readable_by_others(path: Path) -> bool:
    """Say whether someone other than the owner may read the file, which Windows has no bits for."""
    if os.name == "nt":
        return False
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False
