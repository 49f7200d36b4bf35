"""A place among the tokens of a part, and what stands around it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bot.query.tokens import Token
from bot.query.wanted import Wanted, digits
from bot.query.words import JOINING, OF_TWO, Kind

_SIGNS = {Kind.DASH, Kind.DOTS, Kind.PLUS, Kind.COMMA, Kind.JOINT, Kind.OPERATOR}
_BEHIND_GLUED = _SIGNS | {Kind.SUFFIX, Kind.EARLY}
"""What may touch the last number of a range; other letters make it a build number."""
_MOST_DIGITS = 2
"""No release has more before its first dot."""


class Item(NamedTuple):
    """A word of a part, or several that make a version; `wanted` is what they want then.

    `value` is the token's; of a version, what to show if that is not what stands in the text.
    """

    kind: Kind
    value: str
    start: int
    end: int
    wanted: Wanted | None = None


class Cursor:
    """Goes through the tokens once and keeps the items behind it. Each `_skip_*` moves on."""

    def __init__(self, tokens: Sequence[Token], is_number: Callable[[str], bool]) -> None:
        self._tokens = tokens
        self._is_release = is_number
        self._at = 0
        self._items: list[Item] = []

    def _peek(self, ahead: int = 0) -> Token | None:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def _is(self, kind: Kind, ahead: int = 0) -> bool:
        token = self._peek(ahead)
        return token is not None and token.kind is kind

    def _looks_like_release(self, number: str) -> bool:
        whole, dot, _ = number.partition(".")
        return len(whole) <= _MOST_DIGITS and (bool(dot) or self._is_release(number))

    def _is_last_of_range(self, first: Token, last: Token) -> bool:
        """Whether what stands behind a dash ends a range: a release above the first, no build ("7.2.0-142457c")."""
        behind = self._peek(2)
        glued = behind is not None and behind.start == last.end and behind.kind not in _BEHIND_GLUED
        is_above = digits(last.value) > digits(first.value)
        return last.kind is Kind.NUMBER and not glued and is_above and self._looks_like_release(last.value)

    def _last_in_words(self, first: Token) -> Token | None:
        """The last number of "7.0 through 7.3", "from 7.0 to 7.3", "between 7.0 and 7.3"; "7.0 to 7.3" is two."""
        joint, last = self._peek(), self._peek(1)
        if not joint or not last or last.kind is not Kind.NUMBER or not self._looks_like_release(last.value):
            return None
        before = self._word_before()
        is_range = (
            (joint.kind is Kind.DIRECTION and joint.value == "<=")
            or joint.value in ("through", "thru")
            or (before == "from" and joint.value == "to")
            or (before == "between" and joint.value in JOINING)
        )
        return last if is_range and digits(last.value) > digits(first.value) else None

    def _word_before(self) -> str:
        """The word before a number or its product's name; none where something goes from one to another."""
        near = [item for item in self._items[-3:] if item.kind not in (Kind.PRODUCT, Kind.VERSION)]
        if not near or any(item.value in OF_TWO for item in self._items):
            return ""
        return near[-1].value

    def _has_no_version_yet(self) -> bool:
        """Whether no version stands in this stretch: in "8.2 before 8.3" both are releases."""
        told = next((item for item in reversed(self._items) if item.wanted or item.kind is Kind.JOINT), None)
        return told is None or told.kind is Kind.JOINT

    def _skip_suffixes(self, end: int) -> int:
        """Passes LTS, beta 2 and their like; the end of the last one."""
        while token := self._peek(1 if self._is(Kind.DASH) else 0):
            if token.kind not in (Kind.SUFFIX, Kind.EARLY):
                break
            self._at += 2 if self._is(Kind.DASH) else 1
            end = token.end
            number = self._peek()
            if token.kind is Kind.EARLY and number and number.kind is Kind.NUMBER and number.value.isdecimal():
                self._at += 1
                end = number.end
        return end

    def _skip_builds(self, number: Token) -> None:
        """Passes the build glued to a number by a dash: "7.6.0-150000", "7.2.0-142457c", "8.2.1-20231130"."""
        end = number.end
        while (dash := self._peek()) and dash.kind is Kind.DASH and dash.start == end:
            build = self._peek(1)
            if not build or build.kind is not Kind.NUMBER or build.start != dash.end:
                return
            if "." in build.value and self._looks_like_release(build.value):
                return
            self._at += 2
            end = build.end
            while (letters := self._peek()) and letters.start == end and letters.kind not in _SIGNS:
                self._at += 1
                end = letters.end
