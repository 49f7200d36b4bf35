"""Spans of a Reply as pieces of text with their dress, before they are laid out in lines."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.chat.reply import GAP, Code, Line, Link, Mark, Person, Plain, Room, Span, Strong, Typed
from bot.terminal.clean import address, cleaned, is_followed
from bot.terminal.look import Look

BOLD, DIM, UNDERLINED, CYAN = "1", "2", "4", "36"
"""SGR parameters (ECMA-48, 8.3.117); styles are joined by semicolons."""

HARD_SPACE = "\xa0"
"""A space where no line breaks; cleaned text has none of its own."""

_RED, _GREEN, _YELLOW = "31", "32", "33"
_TINTS = dict.fromkeys("✅🚀🟢", _GREEN) | dict.fromkeys("❎⚠🟠❔", _YELLOW) | dict.fromkeys("☠🔴❌", _RED)
_BEHIND_A_DOT = re.compile("(?<= ·)( )")
_FOR_A_SHELL_TO_READ = re.compile(r"""[<>&;$`\\"'()*?!#~{}]""")


class Piece(NamedTuple):
    """Text of one dress. `whole` text stays in one line if it fits into one."""

    text: str
    style: str = ""
    url: str = ""
    whole: bool = False


def dressed(spans: Line, look: Look, prompt: str, base: str = "") -> list[Piece]:
    """The pieces of a line. `prompt` is what stands before words to type; `base` is the style of the whole line."""
    return [piece for span in spans for piece in _dress(span, look, prompt, base)]


def parted(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces cut behind each dot between facts, so that every fact stays whole."""
    return [piece._replace(text=t, whole=True) for piece in pieces for t in _BEHIND_A_DOT.split(piece.text) if t]


def words_to_type(words: str, prompt: str) -> str:
    """Words as they are typed after a prompt. A shell gets quotes where it would read a sign as its own."""
    text = cleaned(words)
    if not prompt.startswith("/"):
        text = " ".join(_quoted(word) for word in text.split(" "))
    return f"{prompt} {text}".rstrip()


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\"'\"'") + "'" if _FOR_A_SHELL_TO_READ.search(word) else word


def _dress(span: Span, look: Look, prompt: str, base: str) -> Iterator[Piece]:
    if span == GAP:
        yield Piece("  ", base)
        return
    match span:
        case Plain(text) | Person(text) | Room(text):
            yield Piece(cleaned(text), base)
        case Strong(text):
            yield Piece(cleaned(text), _styles(base, BOLD))
        case Code(text):
            shown = cleaned(text)
            yield Piece(shown if look.color else f"`{shown}`", _styles(base, CYAN), whole=True)
        case Typed(text):
            yield Piece(words_to_type(text, prompt), _styles(base, CYAN), whole=True)
        case Mark(emoji, text):
            yield _mark(cleaned(emoji), cleaned(text), look, base)
        case Link(text, url):
            yield from _link(cleaned(text), address(url), look, base)


def _mark(emoji: str, text: str, look: Look, base: str) -> Piece:
    sign = emoji.replace(" ", "") + HARD_SPACE * bool(text) if emoji and look.emoji else ""
    return Piece(sign + text, _styles(base, _TINTS.get(emoji.rstrip("\ufe0f"), "")), whole=True)


def _link(text: str, url: str, look: Look, base: str) -> Iterator[Piece]:
    if look.links and is_followed(url):
        yield Piece(text or url, _styles(base, UNDERLINED), url)
        return
    yield Piece(text, base)
    if url and url != text:
        yield Piece(f" <{url}>" if look.is_piped else f" ({url})", base)


def _styles(*styles: str) -> str:
    return ";".join(style for style in dict.fromkeys(styles) if style)
