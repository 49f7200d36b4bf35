"""What a stream can show: its width, colour, hyperlinks, emoji."""

import os
from collections.abc import Mapping
from typing import NamedTuple, TextIO

NARROWEST, USUAL = 40, 80

READABLE = 100
"""Columns of running text at most: longer lines are hard to read. A table is as wide as the terminal."""

_LINKING_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio"})
_LINKING_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm")
_VTE_WITHOUT_CRASH = 5001  # 0.50.0 ends the whole terminal when it meets a hyperlink
_KONSOLE_WITH_LINKS = 201200


class Capabilities(NamedTuple):
    """How to dress a Reply. `width` is in columns; None for a pipe: one line each, nothing wrapped, nothing drawn.

    `links`: the terminal follows OSC 8 hyperlinks. `emoji`: the stream can carry them; else their words stand alone.
    """

    width: int | None = None
    color: bool = False
    links: bool = False
    emoji: bool = True

    @property
    def text_width(self) -> int | None:
        """The columns of running text."""
        return None if self.width is None else min(self.width, READABLE)


def capabilities_of(stream: TextIO, environ: Mapping[str, str]) -> Capabilities:
    """What this stream shows, by what it is and what the environment says of its terminal.

    NO_COLOR wins over FORCE_COLOR, each counts if not empty (no-color.org, force-color.org; as in Python 3.13).
    """
    terminal = is_terminal(stream)
    wanted = environ.get("FORCE_COLOR") or (terminal and environ.get("TERM") != "dumb")
    return Capabilities(
        width=_width(stream, environ) if terminal else None,
        color=bool(wanted and not environ.get("NO_COLOR")),
        links=terminal and _follows_links(environ),
        emoji=(stream.encoding or "utf-8").lower().replace("-", "").startswith("utf"),
    )


def is_terminal(stream: TextIO | None) -> bool:
    """Whether the stream is a terminal. A closed one is none, nor is None: what Python has for `<&-`."""
    return stream is not None and not stream.closed and stream.isatty()


def _width(stream: TextIO, environ: Mapping[str, str]) -> int:
    """As shutil.get_terminal_size reads it, but of this stream, and without the 10 ms that importing shutil takes."""
    columns = _number(environ.get("COLUMNS", ""))
    if not columns:
        try:
            columns = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
    return max(columns or USUAL, NARROWEST)


def _follows_links(environ: Mapping[str, str]) -> bool:
    """Known terminals only, since another prints the address as rubbish. A multiplexer hides which one it is."""
    term = environ.get("TERM", "")
    if "TMUX" in environ or term.startswith(("screen", "tmux", "dumb")):
        return False
    return (
        environ.get("TERM_PROGRAM") in _LINKING_PROGRAMS
        or term.startswith(_LINKING_TERMS)
        or "WT_SESSION" in environ
        or _number(environ.get("VTE_VERSION", "")) >= _VTE_WITHOUT_CRASH
        or _number(environ.get("KONSOLE_VERSION", "")) >= _KONSOLE_WITH_LINKS
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
