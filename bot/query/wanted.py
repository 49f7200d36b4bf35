"""Which releases of a product a question wants: values without a Matrix."""

from typing import NamedTuple

Digits = tuple[int, ...]

_PLACES = 4
_LARGEST = 10**6


class Number(NamedTuple):
    """One release by its number, with the update level that was named beside it ("CU1")."""

    text: str
    level: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it is a number without a dot: in a sentence it may count something."""
        return "." not in self.text and not self.level


class Prefix(NamedTuple):
    """All releases whose number begins so: 7.x"""

    text: str


class Range(NamedTuple):
    """All releases in a range of `packaging` specifiers. `text` is its first number."""

    specifier: str
    text: str


class Between(NamedTuple):
    """All releases from one to another, both included: 7.0-7.4"""

    text: str
    last: str


class Codename(NamedTuple):
    """A release by the vendor's word for it."""

    text: str


Wanted = Number | Prefix | Range | Between | Codename


def digits(number: str) -> Digits:
    """A number's places as far as they matter; absurd ones are cut, so that none takes long to read."""
    places = number.split(".", _PLACES)[:_PLACES]
    return tuple(min(int(place[:7]), _LARGEST) for place in places if place.isdecimal())
