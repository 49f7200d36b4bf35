"""Undoes what chat does to text, and makes any text fit to be shown. Linear in the length of the text.

Slack's forms and its escaping of `& < >`: https://api.slack.com/reference/surfaces/formatting
"""

import re
import unicodedata
from collections.abc import Iterable

from bot.masks import masked

Span = tuple[int, int]
"""A place in a text: where it begins, and where what follows it begins."""

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"  # CSI: colours, cursor
    r"|\x1b\][^\x07\x1b\x9c]*+(?:\x07|\x1b\\|\x9c)"  # OSC: titles, links
    r"|\x1b[()*+][0-9A-Z]"  # character sets
)
_BRACKETED = re.compile(r"<([^<>\n]++)>")
_ADDRESS = re.compile(r"(?:https?|ftps?|ssh|mailto|tel):(?://)?", re.IGNORECASE)
_ENTITY = re.compile(r"&(lt|gt|amp);")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&"}
_QUOTE = re.compile(r"(?m)^ ?>++ ?(?![\s\d=]|\Z)")
"""A quoted line; `> 7.2` and `>=7.2` are ranges."""
_EMPHASIS = re.compile(r"`|~(?!=)|(?<!\d\.)\*")
"""Signs around bold, struck or fixed text; `~=7.0` and `7.*` are ranges."""
_GLUED = re.compile(r"(?<=[^\W_])_(?=\d{4}-\d\d-\d\d)|(?<=\d-\d\d)_(?=[^\W_])")
"""Binds a day into the name of a file ("XenServer8_2024-03-18.iso")."""
_NUMBERED = re.compile(r"(?<![\d.])([5-9])_(\d)(?!\d)")
"""A dot in the name of a file: "XenServer7_2"."""
_UNDERLINED = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""Signs around slanted text."""
_SPACES = re.compile(r" {2,}")

_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNSEEN = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Blank characters that count as letters, marks or symbols."""
_REPLACED = {
    **dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"),
    **dict.fromkeys("\t™®©℠", " "),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2035\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036«»", '"'),
    **dict.fromkeys("、،", ","),
    **dict.fromkeys("•‣◦؛", ";"),
    **dict.fromkeys("→⇒➔➜", "->"),
    **dict.fromkeys("\u2044\u2215", "/"),
    "\u2212": "-",
    **dict.fromkeys("·∙․", "."),
    "≥": ">=",
    "⩾": ">=",
    "≤": "<=",
    "⩽": "<=",
    "≠": "!=",
    "\n": "\n",
}
_AS_THEY_ARE = frozenset(map(chr, range(0x20, 0x7F)))


def plain(text: str) -> str:
    """What was typed, without what chat made of it: links, escaping, emphasis, look-alike characters, invisible ones.

    Digits of every script come out as 0 to 9; lines stay lines, other white space is a single space.
    """
    return _SPACES.sub(" ", undressed(text).replace("_", " ")).strip()


def undressed(text: str) -> str:
    """The same with the underscores that names have in them, `product_version`."""
    text = _ESCAPE_SEQUENCE.sub("", text)
    strange = set(text) - _AS_THEY_ARE
    if strange:
        text = text.translate({ord(character): _plain_character(character) for character in strange})
    if "_" in text:
        text = _UNDERLINED.sub(" ", _NUMBERED.sub(r"\1.\2", _GLUED.sub("-", text)))
    text = _BRACKETED.sub(_unlinked, text)
    text = _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], text)
    text = _QUOTE.sub("", _EMPHASIS.sub("", text))
    return _SPACES.sub(" ", text).strip()


def blanked(text: str, places: Iterable[Span]) -> str:
    """A text of the same length, with blanks at some places."""
    pieces: list[str] = []
    at = 0
    for start, end in sorted(places):
        pieces += (text[at:start], " " * (end - max(start, at)))
        at = max(at, end)
    return "".join((*pieces, text[at:]))


def fold(word: str) -> str:
    """A word as the vocabulary has it: lower case, without accents."""
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFD", word[:40].casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def shown(text: str, limit: int = 60) -> str:
    """Any text as one printable line of at most `limit` characters, cut with an ellipsis, secrets masked."""
    if not (text.isascii() and text.isprintable()):  # most are, and a fleet's names are shown by the thousand
        characters = (" " if char.isspace() else char for char in _ESCAPE_SEQUENCE.sub("", text))
        text = "".join(char for char in characters if char.isprintable() and char not in _INVISIBLE)
    text = masked(text)
    folded = " ".join(text.split())
    if folded == text:
        folded = text  # of a large fleet's names there is one each then, not two
    return folded if len(folded) <= limit else folded[: max(limit - 1, 0)].rstrip() + "…"


def one_line(text: str) -> str:
    """Text on one line: control characters and line breaks are spaces, marks that turn the reading order are gone."""
    return _UNSEEN.sub("", _LINE_BREAKS.sub(" ", text))


def _plain_character(character: str) -> str:
    """One character at a time: normalising a whole text takes quadratic time on long runs of combining marks."""
    if character in _REPLACED:
        return _REPLACED[character]
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd":
        return "-"
    if category == "Zs":
        return " "
    if category in ("Mn", "Me") or character in _INVISIBLE or not character.isprintable():
        return ""
    normal = unicodedata.normalize("NFKC", character)
    return normal if normal == character else "".join(map(_plain_character, normal))


def _unlinked(form: re.Match[str]) -> str:
    """What was typed where Slack put `<...>`; anything else in angle brackets stays."""
    target, _, label = form[1].partition("|")
    kind, name = target[0:1], target[1:2]
    if kind in ("@", "#", "!") and name.isalnum():
        return f" {label} " if kind == "#" or target.startswith("!date^") else " "
    scheme = _ADDRESS.match(target)
    return (label or target[scheme.end() :]) if scheme else form[0]


def near(typed: str, names: Iterable[str], most: int = 3) -> list[str]:
    """Of names of ours (issues, features, commands, settings) those that look like what was typed, or hold it.

    At most so many, best first.
    """
    from difflib import get_close_matches  # only where something was mistyped: a look-up starts without it

    known = {name.casefold(): name for name in names}
    wanted = typed.casefold()[:60]
    holding = [name for key, name in known.items() if wanted and wanted in key]
    close = [known[key] for key in get_close_matches(wanted, known, n=most, cutoff=0.5)]
    return list(dict.fromkeys([*holding, *close]))[:most]
