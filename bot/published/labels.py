"""What a row of the list consists of: signs, even in text that was saved with the wrong encoding, and a label.

A label is read strictly: a product's name, numbers, "LTS". Which releases the numbers mean is the Reader's to say.
"""

import re
import unicodedata
from typing import NamedTuple

from bot.matrix.release import Product
from bot.matrix.support import Badge
from bot.query.query import Outcome
from bot.query.reader import Reader
from bot.query.spellings import PRODUCT_NAMES

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

    def is_pictogram(character: str) -> bool:
        return not character.isascii() and character not in SIGNS and unicodedata.category(character) in _PICTOGRAMS

    return next((word for word in text.split() if any(map(is_pictogram, word)) or _BROKEN.search(word)), None)


def contradicts(sign: str, meaning: str) -> bool:
    """Whether a legend's words give a known sign the meaning of another one."""
    meant = {badge for badge, words in _MEANS.items() if words.search(meaning)}
    return bool(meant) and SIGNS[sign] not in meant


def is_meaning(sign: str, text: str) -> bool:
    """Whether words are those of a legend for this sign."""
    return bool(_MEANS[SIGNS[sign]].search(text))


_PICTOGRAMS = {"So", "Cn", "Co", "Cs", "Cc", "Mn", "Me"}
_BROKEN = re.compile(r"[âðï][^\x00-\x7f]|^[âð]$")
"""Beginnings of signs of three and four bytes, and of a selector, when they were read as Windows-1252."""


def _as_windows_1252(sign: str) -> str:
    """A pattern for a sign whose every byte was read as a letter."""
    pattern = ""
    for byte in sign.encode():
        try:
            letter = bytes([byte]).decode("cp1252")
        except UnicodeDecodeError:
            pattern += f"[\\x{byte:02x}\ufffd]?"
        else:
            pattern += re.escape(letter) if ord(letter) == byte else f"[{re.escape(letter)}\\x{byte:02x}]"
    return pattern


_SPACED_SKULL = re.compile("â˜ ï¸[\x8f\ufffd]?")
"""Its last byte is a no-break space, which an editor may have made a plain one."""

_BY_GROUP = {f"sign{at}": sign for at, sign in enumerate(SIGNS)}
_MANGLED = re.compile(
    "|".join(f"(?P<{group}>{_as_windows_1252(sign)})" for group, sign in _BY_GROUP.items()).join(["(?:", ")"])
    + f"(?:{_as_windows_1252(_SELECTOR)})?"
)


_PRODUCTS = {name: product for product, names in PRODUCT_NAMES.items() for name in names}
_NAME = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(_PRODUCTS, key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:\.\d{1,3}){0,3}(?:\.[xX*])?"
_JOINT = r"(?:\s+and\s+|\s+or\s+|\s*[,/&]\s*)"
_SUFFIX = r"(?:\s+LTS\b|\s+(?:CU|SP|FP)\s?\d{1,2}\b)"
_LABEL = re.compile(
    rf"(?<![\w.-])(?P<name>{_NAME})\s+v?(?P<numbers>{_NUMBER}(?:{_SUFFIX}?{_JOINT}{_NUMBER})*){_SUFFIX}*(?![\w.]|-\w)",
    re.I,
)
_SUFFIXES = re.compile(_SUFFIX, re.I)
_PRODUCT = re.compile(rf"(?:{_NAME})\s+v?\d", re.I)
_WILDCARD = ".x"


class Label(NamedTuple):
    """A label as the page has it, spaces apart, and what it means."""

    text: str
    product: Product
    numbers: tuple[str, ...]


class Labelled(NamedTuple):
    """A label's match at the begin of a text, and what follows it."""

    text: str
    name: str
    numbers: tuple[str, ...]
    rest: str


def take_label(text: str) -> Labelled | None:
    """The label that a text begins with."""
    match = _LABEL.match(text)
    if not match:
        return None
    numbers = re.split(_JOINT, _SUFFIXES.sub("", match["numbers"]))
    tidy = [number.lower().replace("*", "x") for number in numbers]
    label, name = " ".join(match[0].split()), " ".join(match["name"].split())
    return Labelled(label, name, tuple(tidy), text[match.end() :].strip())


def begins_like_label(text: str) -> bool:
    """Whether a text begins with a product and a digit, whatever follows."""
    return _PRODUCT.match(text) is not None


def mentions_release(text: str) -> bool:
    """Whether a product and a digit are anywhere in a text, even glued to something."""
    return _PRODUCT.search(text) is not None


def has_label(text: str) -> bool:
    """Whether a label is anywhere in a text."""
    return _LABEL.search(text) is not None


def meaning(labelled: Labelled, reader: Reader) -> Label | None:
    """What a label means; None where its numbers may mean several things or nothing that has a product.

    A number that nobody knows yet stands as it is: "9.1", "9.x".
    """
    product = _PRODUCTS[labelled.name.lower()]
    numbers: list[str] = []
    for number in labelled.numbers:
        query = reader.read(f"{labelled.name} {number}")
        if query.outcome is Outcome.ASSESSED and all(release.product is product for release in query.releases):
            numbers.extend(release.number for release in query.releases)
        elif query.outcome is Outcome.UNKNOWN_VERSION:
            numbers.append(number)
        else:
            return None
    return Label(labelled.text, product, tuple(dict.fromkeys(numbers)))


def overlap(first: str, second: str) -> bool:
    """Whether two numbers of one product can mean the same release: "9.x" and "9.1"."""

    def covers(wildcard: str, number: str) -> bool:
        prefix = wildcard.removesuffix(_WILDCARD)
        return wildcard.endswith(_WILDCARD) and (number == prefix or number.startswith(f"{prefix}."))

    return first == second or covers(first, second) or covers(second, first)
