"""What kinds of words a question may hold. The words themselves are data: data/vocabulary.txt."""

from enum import Enum, auto
from pathlib import Path

from bot.errors import DataError, Problem
from bot.matrix.compiled import shipped
from bot.phrases import read_phrases
from bot.query.spellings import PRODUCT_NAMES

XEN = "Xen"
FILE = "vocabulary.txt"


class TokenKind(Enum):
    """What a token is. What the words of a kind mean is said in data/vocabulary.txt, in the section of its name."""

    PRODUCT = auto()
    PLATFORM = auto()
    TOOL = auto()
    XEN_ORCHESTRA = auto()
    LABEL = auto()
    CODENAME = auto()
    NUMBER = auto()
    WILDCARD = auto()  # a number with a last place that stands for all: 7.x, 7.*
    OPERATOR = auto()  # its value is the sign; so is that of the next two
    LATER = auto()
    DIRECTION = auto()
    LEVEL = auto()
    SUFFIX = auto()
    EARLY = auto()
    VERSION = auto()
    MEASURE = auto()
    COUNTED = auto()
    GUEST = auto()
    FEATURE = auto()  # a feature of Xen Orchestra: the value is its id
    JOINT = auto()
    FILLER = auto()
    TALK = auto()
    UNKNOWN = auto()  # a word of which nothing is known, or the name of another product
    DASH = auto()
    DOTS = auto()
    PLUS = auto()
    PART = auto()  # a comma, a semicolon or the end of a line: parts the question


Vocabulary = dict[str, tuple[TokenKind, str]]
"""What each phrase is, and the value that it stands for."""
_SECTIONS = {
    "distribution": TokenKind.PLATFORM,
    **dict.fromkeys(("of two", "joining", "article"), TokenKind.FILLER),
}
"""Sections that are not called by their kind."""


def read_vocabulary(file: Path) -> dict[str, Vocabulary]:
    """The phrases of each section. DataError for what is no section, and a phrase outside of any."""
    sections: dict[str, Vocabulary] = {}
    for section, phrases in read_phrases(file).items():
        try:
            kind = _SECTIONS.get(section) or TokenKind[section.upper().replace(" ", "_")]
        except KeyError:
            raise DataError([Problem(str(file), section, "is no kind of word")]) from None
        sections[section] = {phrase: (kind, name) for phrase, name in phrases.items()}
    return sections


_ALL = read_vocabulary(shipped() / FILE)

OF_TWO, JOINING, ARTICLES = (frozenset(_ALL.pop(section)) for section in ("of two", "joining", "article"))

DISTRIBUTIONS = frozenset(name for _, name in _ALL["distribution"].values())
"""Operating systems: with Xen they are a platform ("Xen on Debian"), beside a release they are its guests."""

COUNTS = frozenset(_ALL["measure"].keys() | _ALL["counted"].keys())
"""The number before one of these is no release."""

VOCABULARY: Vocabulary = {phrase: meaning for section in _ALL.values() for phrase, meaning in section.items()}
VOCABULARY |= {
    name.replace("-", " "): (TokenKind.PRODUCT, product.value)
    for product, names in PRODUCT_NAMES.items()
    for name in names
}
