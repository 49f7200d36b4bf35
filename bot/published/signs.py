"""The signs of the list: what each means, and how to find them in text that was saved with the wrong encoding."""

import re
import unicodedata
from typing import NamedTuple

from bot.matrix.support import Badge

SIGNS = {
    "✅": Badge.FULL,
    "❎": Badge.PARTIAL,
    "🚀": Badge.EXTRA_FEATURES,
    "☠": Badge.NO_SECURITY_UPDATES,
    "❗": Badge.NO_SECURITY_UPDATES,  # the older sign, until 2020
}
"""Each sign without its variation selector."""

WORDS = {
    Badge.FULL: "full support",
    Badge.PARTIAL: "partial support",
    Badge.EXTRA_FEATURES: "all extra features",
    Badge.NO_SECURITY_UPDATES: "no security updates",
}
"""The badges as the legend of data/ words them."""

_MEANS = {
    Badge.FULL: re.compile(r"\bfull(?:y)?\b", re.I),
    Badge.PARTIAL: re.compile(r"\bnot all\b|\bpartial", re.I),
    Badge.EXTRA_FEATURES: re.compile(r"\bextra", re.I),
    Badge.NO_SECURITY_UPDATES: re.compile(r"\bsecurity\b|\bend[ -]of[ -]life\b|\bEOL\b", re.I),
}
_INVISIBLE = dict.fromkeys(map(ord, "\ufe0e\ufe0f\u200b\u2060\ufeff\u00ad"))
_SELECTOR = "\ufe0f"
_ANY = "".join(SIGNS)


class Signed(NamedTuple):
    """Signs, each once, and the text behind them."""

    signs: tuple[str, ...]
    rest: str


def plainly_signed(text: str) -> str:
    """The text with every sign whole, without selectors and other invisible characters. Lines stay as they are.

    A page that was read as Windows-1252 and saved as UTF-8 has each byte of a sign as a letter, but for the five bytes
    that this encoding lacks: those are lost, or stand as control characters or replacement characters.
    """
    text = _SPACED_SKULL.sub("☠", text)
    return _MANGLED.sub(lambda match: _BY_GROUP[match.lastgroup or ""], text).translate(_INVISIBLE)


def take_signs(text: str) -> Signed:
    """The signs that a text begins with, and what follows them."""
    rest = text.lstrip(f"{_ANY}, \t\n\xa0")
    signs = tuple(dict.fromkeys(sign for sign in text[: len(text) - len(rest)] if sign in SIGNS))
    return Signed(signs, rest.strip()) if signs else Signed((), text.strip())


def has_sign(text: str) -> bool:
    """Whether a known sign is anywhere in a text."""
    return any(sign in text for sign in SIGNS)


def unknown_sign(text: str) -> str | None:
    """The first word of a text that holds a pictogram which is no sign of the list, or a mangled one."""
    return next((word for word in text.split() if any(map(_is_pictogram, word)) or _BROKEN.search(word)), None)


def contradicts(sign: str, meaning: str) -> bool:
    """Whether a legend's words give a known sign the meaning of another one."""
    meant = {badge for badge, words in _MEANS.items() if words.search(meaning)}
    return bool(meant) and SIGNS[sign] not in meant


def is_meaning(sign: str, text: str) -> bool:
    """Whether words are those of a legend for this sign."""
    return bool(_MEANS[SIGNS[sign]].search(text))


def _is_pictogram(character: str) -> bool:
    return not character.isascii() and character not in SIGNS and unicodedata.category(character) in _PICTOGRAMS


_PICTOGRAMS = {"So", "Cn", "Co", "Cs", "Cc", "Mn", "Me"}
_BROKEN = re.compile(r"[âðï][^\x00-\x7f]|^[âð]$")
"""Beginnings of signs of three and four bytes, and of a selector, when they were read as Windows-1252."""


def _as_windows_1252(sign: str) -> str:
    return "".join(map(_letter, sign.encode()))


def _letter(byte: int) -> str:
    """A pattern for what became of a byte."""
    try:
        letters = bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return f"[\\x{byte:02x}\ufffd]?"
    return re.escape(letters) if ord(letters) == byte else f"[{re.escape(letters)}\\x{byte:02x}]"


_SPACED_SKULL = re.compile("â˜ ï¸[\x8f\ufffd]?")
"""Its last byte is a no-break space, which an editor may have made a plain one."""

_BY_GROUP = {f"sign{at}": sign for at, sign in enumerate(SIGNS)}
_MANGLED = re.compile(
    "|".join(f"(?P<{group}>{_as_windows_1252(sign)})" for group, sign in _BY_GROUP.items()).join(["(?:", ")"])
    + f"(?:{_as_windows_1252(_SELECTOR)})?"
)
