"""Text of a Reply is data. What could steer a terminal, or show other text than there is, never gets through."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from bot.chat.reply import (
    GAP,
    ChannelName,
    Code,
    Link,
    Mark,
    Moment,
    PersonName,
    Plain,
    RichText,
    Sortable,
    Span,
    Strong,
    Typed,
)
from bot.terminal.capabilities import Capabilities

_JOINER = "\u200d"  # holds an emoji of several parts together, as in a family or a flag
_LOOSE_JOINER = f"(?<!\\S){_JOINER}+|{_JOINER}+(?!\\S)|{_JOINER}{{2,}}"
_UNSAFE_IN_ADDRESS = re.compile(r"""[^!#-;=?-\[\]_a-z~]""")
_FOLLOWED = ("https://", "http://", "mailto:")
"""What a click may open: web and mail addresses only."""


def cleaned(text: str) -> str:
    """One line of text without control characters, bidi overrides and lone surrogates; any white space is a space."""
    if text.isprintable():
        return text
    clean = "".join(c if c.isprintable() or c == _JOINER else " " if c.isspace() else "" for c in text)
    return re.sub(_LOOSE_JOINER, "", clean) if _JOINER in clean else clean


def address(url: str) -> str:
    """A URL in printable ASCII without spaces or quotes, so that it ends where it ends."""
    return _UNSAFE_IN_ADDRESS.sub(
        lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), cleaned(url).strip()
    )


_SIGNS = ("✅", "❎", "❔", "🚀", "🟢", "🔶", "⏳", "🕓", "📄", "☠\ufe0f", "⚠\ufe0f")
"""The signs of our own replies, all two columns wide. The variation selector is what makes the last two wide."""


def width(text: str) -> int:
    """The columns of cleaned text: CJK and emoji take two, combining characters none."""
    if text.isascii():
        return len(text)
    plain = text
    for sign in _SIGNS:
        plain = plain.replace(sign, "  ")
    if _NARROW.fullmatch(plain):
        return len(plain)
    from wcwidth import wcswidth

    return max(wcswidth(text), 0)


_NARROW = re.compile("[\u0000-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u259f]*+")
"""Latin letters, dashes and dots, arrows, lines, bars: one column each, whatever stands beside them."""


BOLD, DIM, UNDERLINED, CYAN = "1", "2", "4", "36"
"""SGR parameters (ECMA-48, 8.3.117); styles are joined by semicolons."""

HARD_SPACE = "\xa0"
"""A space where no line breaks; cleaned text has none of its own."""

_RED, _GREEN, _YELLOW = "31", "32", "33"
_TINTS = dict.fromkeys("✅🚀🟢", _GREEN) | dict.fromkeys("❎⚠🔶❔⏳", _YELLOW) | dict.fromkeys("☠🔴❌", _RED)
_BEHIND_A_DOT = re.compile("(?<= ·)( )")
_FOR_A_SHELL_TO_READ = re.compile(r"""[<>&;|$`\\"'()\[\]*?!#~{}]""")


class Piece(NamedTuple):
    """Text of one dress. `whole` text stays in one line if it fits into one."""

    text: str
    style: str = ""
    url: str = ""
    whole: bool = False


def dressed(spans: RichText, caps: Capabilities, prompt: str, base: str = "") -> list[Piece]:
    """The pieces of a line. `prompt` is what stands before words to type; `base` is the style of the whole line."""
    return [piece for span in spans for piece in _dress(span, caps, prompt, base)]


def parted(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces cut behind each dot between facts, so that every fact stays whole."""
    return [piece._replace(text=t, whole=True) for piece in pieces for t in _BEHIND_A_DOT.split(piece.text) if t]


def words_to_type(words: str, prompt: str) -> str:
    """Words as they are typed after a prompt. A shell gets quotes where it would read a sign as its own."""
    typed = cleaned(words).split(" ")
    if not prompt.startswith("/"):
        quoted = ["'" + word.replace("'", "'\"'\"'") + "'" for word in typed]
        typed = [q if _FOR_A_SHELL_TO_READ.search(word) else word for word, q in zip(typed, quoted, strict=True)]
    return " ".join([prompt, *typed]).rstrip()


def _dress(span: Span, caps: Capabilities, prompt: str, base: str) -> Iterator[Piece]:
    if span == GAP:
        yield Piece("  ", base)
        return
    match span:
        case Plain(text) | Sortable(text) | Moment(text) | PersonName(text) | ChannelName(text):
            yield Piece(cleaned(text), base)
        case Strong(text):
            yield Piece(cleaned(text), _styles(base, BOLD))
        case Code(text):
            code = cleaned(text)
            yield Piece(code if caps.color else f"`{code}`", _styles(base, CYAN), whole=True)
        case Typed(text, is_synopsis):
            typed = f"{prompt} {cleaned(text)}".rstrip() if is_synopsis else words_to_type(text, prompt)
            yield Piece(typed, _styles(base, CYAN), whole=True)
        case Mark(emoji, text):
            sign, word = cleaned(emoji), cleaned(text)
            shown = f"{sign.replace(' ', '')}{HARD_SPACE * bool(word)}" if sign and caps.emoji else ""
            yield Piece(shown + word, _styles(base, _TINTS.get(sign.rstrip("\ufe0f"), "")), whole=True)
        case Link(text, url):
            label, target = cleaned(text), address(url)
            if caps.links and target.lower().startswith(_FOLLOWED):
                yield Piece(label or target, _styles(base, UNDERLINED), target)
                return
            yield Piece(label, base)
            if target and target != label:
                yield Piece(f" <{target}>" if caps.width is None else f" ({target})", base)


def _styles(*styles: str) -> str:
    return ";".join(style for style in dict.fromkeys(styles) if style)


Row = list[Piece]
"""One line of output."""

_SPACES = re.compile("( +)")


def wrapped(pieces: Row, columns: int | None) -> list[Row]:
    """The lines, at least one. `columns` is None where nothing is wrapped."""
    if columns is None or columns_of(pieces) <= columns:
        return [pieces]
    rows: list[Row] = [[]]
    used = 0
    for gap, word in _words(pieces, columns):
        wanted = columns_of(gap) + columns_of(word)
        if rows[-1] and used + wanted <= columns:
            rows[-1] += [*gap, *word]
            used += wanted
            continue
        if rows[-1]:
            rows.append([])
        rows[-1] += word
        used = columns_of(word)
    return rows


def hung(lead: Row, pieces: Row, columns: int | None) -> list[Row]:
    """Lines behind a lead ("1. "), the second and later ones set in by the lead's width."""
    by = columns_of(lead)
    first, *others = wrapped(pieces, None if columns is None else max(columns - by, 1))
    return [[*lead, *first], *([Piece(" " * by), *other] for other in others)]


def columns_of(pieces: Iterable[Piece]) -> int:
    """How wide pieces are side by side."""
    return width("".join(piece.text for piece in pieces))


def widest_word(pieces: Row) -> int:
    """The columns of the longest run without a space, below which wrapping is no use."""
    loose = [piece._replace(whole=False) for piece in pieces]
    return max((columns_of(word) for _, word in _words(loose, 1)), default=0)


def _words(pieces: Sequence[Piece], columns: int) -> Iterator[tuple[Row, Row]]:
    """Words, each with the gap before it. A piece that is to stay whole is cut up where it does not fit into a line."""
    cut: list[Piece] = []
    for piece in pieces:
        if piece.whole and width(piece.text) <= columns:
            cut.append(piece)
        else:
            cut += [piece._replace(text=text, whole=False) for text in _SPACES.split(piece.text) if text]
    gap: Row = []
    for is_gap, group in groupby(cut, key=lambda piece: not piece.text.strip(" ")):
        run = list(group)
        if is_gap:
            gap = run
        elif any(piece.whole for piece in run) and columns_of(run) > columns:
            (_, first), *others = _words([piece._replace(whole=False) for piece in run], columns)
            yield gap, first
            yield from others
        else:
            yield gap, run
