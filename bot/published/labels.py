"""A row's label, read strictly: a product's name, numbers, "LTS". Which releases the numbers mean is the Reader's."""

import re
from typing import NamedTuple

from bot.matrix.release import Product
from bot.query.canonical import PRODUCT_NAMES
from bot.query.query import Outcome
from bot.query.reader import Reader

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
    if first == second:
        return True
    return _covers(first, second) or _covers(second, first)


def _covers(wildcard: str, number: str) -> bool:
    prefix = wildcard.removesuffix(_WILDCARD)
    return wildcard.endswith(_WILDCARD) and (number == prefix or number.startswith(f"{prefix}."))
