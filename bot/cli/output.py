"""What a command prints, and where the settings that it needs come from."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.chat.reply import Reply
from bot.errors import UnavailableError, UsageError
from bot.settings import load_settings
from bot.terminal.capabilities import Capabilities, capabilities_of
from bot.terminal.layout import cleaned
from bot.terminal.output import write
from bot.terminal.render import render

if TYPE_CHECKING:
    from pathlib import Path

LINE_MAX = 500
"""An error that quotes what was typed stays a line that can be read."""


_ENDINGS = {".csv": "csv", ".md": "md", ".json": "json"}


def form_of(path: "Path | None") -> str | None:
    """The form that a file's ending names, where no option does; None for any other ending."""
    return _ENDINGS.get(path.suffix.lower()) if path else None


class OutputFile(NamedTuple):
    """Where an answer goes in place of stdout. `names_hosts`: it is for its owner's eyes alone."""

    path: "Path"
    force: bool
    names_hosts: bool

    def check(self) -> None:
        """UsageError if it is there already: before anything is done for an answer that has no place."""
        if self.path.exists() and not self.force:
            raise UsageError(f"{self.path} is there already: give another name, or --force to write over it.")

    def write(self, text: str) -> None:
        """All of it or nothing. UnavailableError if it can't be written."""
        from bot.chat.export import PRIVATE, PUBLIC, save

        save(text, self.path, self.force, PRIVATE if self.names_hosts else PUBLIC)


def print_reply(reply: Reply, as_json: bool, form: str | None = None, file: OutputFile | None = None) -> None:
    """Print a reply, or write it into a file: as JSON, as a table in a form (`csv` or `md`), or as people read it."""
    look = Capabilities() if file else capabilities_of(sys.stdout, os.environ)
    text = _text(reply, as_json, form, look)
    _put(text, file)


def print_data(data: object, file: OutputFile | None = None) -> None:
    """Print something as JSON, or write it into a file."""
    _put(json_text(data), file)


def _put(text: str, file: OutputFile | None) -> None:
    if file:
        file.write(text)
    else:
        write(sys.stdout, text)


def _text(reply: Reply, as_json: bool, form: str | None, look: Capabilities) -> str:
    if as_json:
        return json_text(None if reply.data is None else dict(reply.data))
    if reply.attachment:
        content = reply.attachment.content
        if isinstance(content, bytes):
            raise UsageError("A picture is no text: `xocompat timeline --png FILE` writes it into a file.")
        return content
    if form:
        from bot.terminal.table_text import table_text

        return table_text(reply, form)
    return f"{render(reply, look)}\n"


def json_text(data: object) -> str:
    """As it is printed, with a newline at its end."""
    import json

    return f"{json.dumps(data, indent=2)}\n"


def fail(lines: Sequence[str], status: int) -> int:
    if sys.stderr is not None:
        for line in map(cleaned, lines):
            write(sys.stderr, f"xocompat: {line if len(line) <= LINE_MAX else line[: LINE_MAX - 1] + '…'}\n")
    return status


def settings_of(config: "Path | None") -> Any:
    return load_settings(config, os.environ, folder())


def folder() -> str:
    """The current folder."""
    try:
        return os.getcwd()
    except OSError:
        raise UnavailableError("The current folder is gone: change to one that exists.") from None


def shell_user() -> str:
    """Who sits at the shell."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number that has no name
        return str(os.getuid())
