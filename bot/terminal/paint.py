"""Laid out pieces as the characters that a terminal gets. The only place that writes escape sequences."""

from itertools import groupby

from bot.terminal.look import Look
from bot.terminal.piece import HARD_SPACE, Piece
from bot.terminal.wrap import Row


def painted(row: Row, look: Look) -> str:
    """A line without spaces at its end, in SGR colours and OSC 8 links where the look has them."""
    runs = [
        (dress, "".join(piece.text for piece in run).replace(HARD_SPACE, " "))
        for dress, run in groupby(_trimmed(row), key=lambda piece: (piece.style, piece.url))
    ]
    return "".join(_run(text, style, url, look) for (style, url), text in runs)


def _trimmed(row: Row) -> Row:
    kept = list(row)
    while kept and not kept[-1].text.strip():
        kept.pop()
    if kept:
        last = kept[-1]
        kept[-1] = Piece(last.text.rstrip(), last.style, last.url)
    return kept


def _run(text: str, style: str, url: str, look: Look) -> str:
    if look.color and style:
        text = f"\x1b[{style}m{text}\x1b[0m"
    if look.links and url:
        text = f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"
    return text
