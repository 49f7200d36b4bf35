"""What kinds of words a question may hold. The words themselves are data: data/vocabulary.txt."""

from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path

from bot.errors import DataError, Problem
from bot.matrix.compiled import shipped
from bot.query.spellings import PRODUCT_NAMES

XEN = "Xen"
FILE = "vocabulary.txt"


class TokenKind(Enum):
    """What a token is."""

    PRODUCT = auto()
    PLATFORM = auto()
    TOOL = auto()
    """Something with versions of its own: the number after it is no release (Xen Orchestra, Windows, TLS)."""
    XEN_ORCHESTRA = auto()
    """The same; what every question is about without saying so."""
    LABEL = auto()
    """The same, for whole numbers only ("build 12", "issue 868"); "update 8.2" still means 8.2."""
    CODENAME = auto()
    NUMBER = auto()
    WILDCARD = auto()
    """A number with a last place that stands for all: 7.x, 7.*"""
    OPERATOR = auto()
    LEVEL = auto()
    """CU, SP and FP take a number; CC is complete."""
    SUFFIX = auto()
    """What may follow a number and changes nothing: LTS, LTSR, CR."""
    EARLY = auto()
    """A pre-release of what stands before it: rc, beta."""
    LATER = auto()
    """"or newer", "and up": the value is the operator that it stands for."""
    DIRECTION = auto()
    """"before", "until", "since" in front of a number: the value is the operator that it stands for."""
    VERSION = auto()
    """The word "version" and its like, between a name and its number."""
    MEASURE = auto()
    """The number before it is no release: "2.5 TiB", "3 years"."""
    COUNTED = auto()
    """The same for whole numbers: "3 hosts", but "the 7.2 hosts" are of a release."""
    GUEST = auto()
    """What runs on a host: makes the platform before it a guest's ("Debian VMs")."""
    FEATURE = auto()
    """A feature of Xen Orchestra: the value is its id."""
    JOINT = auto()
    FILLER = auto()
    """Courtesy, grammar, and what every verdict speaks of: accounted for without being read."""
    TALK = auto()
    """A word that no answer uses: it reads like filler, and is named."""
    UNKNOWN = auto()
    """A word of which nothing is known, or the name of another product (XenApp)."""
    DASH = auto()
    DOTS = auto()
    PLUS = auto()
    PART = auto()
    """A comma, a semicolon or the end of a line: parts the question."""


JOINING = frozenset(["and", "but", "und", "aber", "et", "mais", "y", "pero", "e", "ed", "&", "&&", "/"])
"""Words that may stand between the two bounds of a range."""

ARTICLES = frozenset(["a", "an", "the", "also", "maybe", "perhaps", "even", "too"])
"""What a bare name may carry: "the Nonsense" is still nothing but a name."""

Vocabulary = dict[str, tuple[TokenKind, str]]
"""What each phrase is, and the value that it stands for."""

_SECTIONS = {"distribution": TokenKind.PLATFORM, **dict.fromkeys(("of two", "month", "amount", "unit"))}
"""Sections that are not called by their kind."""


def read_vocabulary(file: Path) -> dict[str, Vocabulary]:
    """The phrases of each section. DataError for what is no section, and a phrase outside of any."""
    sections: dict[str, Vocabulary] = {}
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError([Problem(str(file), "", f"cannot be read ({error})")]) from error
    for section, name, phrase in _phrases(lines):
        try:
            kind = _SECTIONS[section] if section in _SECTIONS else TokenKind[section.upper().replace(" ", "_")]
        except KeyError:
            raise DataError([Problem(str(file), section, "is no kind of word")]) from None
        sections.setdefault(section, {})[phrase] = (kind or TokenKind.FILLER, name or phrase)
    return sections


def _phrases(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Section, name and phrase; a line that is indented goes on with the name of the one before."""
    section = name = ""
    for line in lines:
        if line.startswith("["):
            section, name = line.strip(" []"), ""
        elif line and not line.startswith("#"):
            if not line.startswith(" "):
                name, _, line = line.rpartition(": ")
            yield from ((section, name, phrase.strip()) for phrase in line.split(",") if phrase.strip())


_ALL = read_vocabulary(shipped() / FILE)

OF_TWO = frozenset(_ALL.pop("of two"))
"""Words that make "from 7.0 to 7.3" and "between 7.0 and 7.3" two releases instead of a range."""

MONTHS, AMOUNTS, UNITS = (
    {word: value for word, (_, value) in _ALL.pop(section).items()} for section in ("month", "amount", "unit")
)
"""Words of dates and spans of time, and what they stand for: the number, or the unit in English."""

DISTRIBUTIONS = frozenset(name for _, name in _ALL["distribution"].values())
"""Operating systems: with Xen they are a platform ("Xen on Debian"), beside a release they are its guests."""

VOCABULARY: Vocabulary = {phrase: meaning for section in _ALL.values() for phrase, meaning in section.items()}
VOCABULARY |= {
    name.replace("-", " "): (TokenKind.PRODUCT, product.value)
    for product, names in PRODUCT_NAMES.items()
    for name in names
}

COUNTS = frozenset(_ALL["measure"].keys() | _ALL["counted"].keys())
"""The number before one of these is no release."""
