"""From a clean text to tokens, parted where the question is: at commas, semicolons and line ends.

A comma inside a range (">=7.0,<7.4") or a decimal comma ("7,2") parts nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from bot.query.text import fold
from bot.query.words import VOCABULARY, TokenKind

_SCAN = re.compile(
    r"(?P<id>\b(?:xs\d{2,3}e\d\w*+|(?:cve|xsa|xso|ctx|kb)-?\d[\d-]*+|24/7|x86(?:[ -]64)?|x64|(?:amd|arm)64|i[36]86)\b"
    r"|(?<=-)\d{4}-\d\d-\d\d\b|\b\d{4}-\d\d-\d\d(?=-|\.[a-z]))"
    r"|(?P<address>[a-z]{2,9}+://[^\s,;]*+|\b\d{2,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(?!\.\d)"
    r"|\b[a-z][a-z0-9-]{0,62}+\.(?:[a-z][a-z0-9-]{0,62}+\.){0,3}(?:com|org|net|io|tech|eu|de|fr|lan|local|html)\b[^\s,;]*+)"
    r"|(?P<number>\d++(?:\.\d++)*+(?:\.[x*](?!\w)|(?<=\d\.\d)\+\d++(?![.\w]))?)"
    r"|(?P<word>(?:ec2|k8s|k3s|s390x)\b|[^\W\d_]++)"
    r"|(?P<arrow>-{1,3}+>)"
    r"|(?P<operator>[<>] =(?![<>=!~])|[<>=!~]++)"
    r"|(?P<dots>\.{2,}+)"
    r"|(?P<part>[,;\n])"
    r"|(?P<joint>[&/|]++)"
    r"|(?P<plus>\+)"
    r"|(?P<dash>-)",
    re.IGNORECASE,
)
_SIGNS = {
    "joint": TokenKind.JOINT,
    "arrow": TokenKind.JOINT,
    "plus": TokenKind.PLUS,
    "dash": TokenKind.DASH,
    "dots": TokenKind.DOTS,
}
_LONGEST_PHRASE = 5
_LONGEST_NUMBER = 30
_DASHED = 6
"""A number has three places, with two dashes between them."""
_LONGEST_PART = 100
"""Work grows with the square of a part's length, so an absurd one is cut in several."""


class Token(NamedTuple):
    """A token: what it is, the value that it stands for, and where it is in the text."""

    kind: TokenKind
    value: str
    start: int
    end: int


class _Raw(NamedTuple):
    """What the scanner found, before words have a meaning."""

    group: str
    text: str
    start: int
    end: int


class Scanner:
    """Makes tokens of a clean text. Knows the code names of one Matrix, and which decimal commas make sense there."""

    def __init__(
        self, codenames: Iterable[str], is_decimal: Callable[[str, str], bool], is_number: Callable[[str], bool]
    ) -> None:
        """`codenames` are phrases. `is_decimal(whole, places)`: whether "7,2" is one number; `is_number`: whether a
        number is a release's."""
        known = {**VOCABULARY, **{name: (TokenKind.CODENAME, name) for name in codenames}}
        self._known = known
        self._first_words = frozenset(phrase.partition(" ")[0] for phrase in known if " " in phrase)
        self._is_decimal = is_decimal
        self._is_number = is_number

    def parts(self, text: str, known: Iterable[Token] = ()) -> Iterator[list[Token]]:
        """The tokens of each part of a text, in order; parts without tokens are left out.

        `known` are tokens that were read before, in whose places the text has blanks.
        """
        raws = [_Raw(m.lastgroup or "", m[0], m.start(), m.end()) for m in _SCAN.finditer(text)]
        raws += [_Raw("feature", token.value, token.start, token.end) for token in known]
        raws.sort(key=lambda raw: raw.start)
        part: list[_Raw] = []
        for raw in self._decimals(raws, text):
            if raw.group != "part":
                part.append(raw)
            if part and (raw.group == "part" or len(part) == _LONGEST_PART):
                yield self._tokens(part)
                part = []
        if part:
            yield self._tokens(part)

    def _decimals(self, raws: list[_Raw], text: str) -> Iterator[_Raw]:
        """The same with decimal commas read, and commas that go on with a range marked as such."""
        at = 0
        while at < len(raws):
            raw, taken = raws[at], 1
            if raw.group == "number":
                if decimal := self._decimal(raws, at):
                    raw, taken = decimal, 3
                elif dashed := self._dashed(raws, at):
                    raw, taken = dashed
                elif spaced := self._spaced(raws, at, text):
                    raw, taken = spaced, 2
            elif raw.group == "part" and _goes_on_with_range(raws, at):
                raw = raw._replace(group="comma")
            yield raw
            at += taken

    def _decimal(self, raws: list[_Raw], at: int) -> _Raw | None:
        """`7,2` as one number, if it stands alone: `7,2,1` is a list."""
        glued = raws[max(at - 1, 0) : at + 4]
        whole, comma, places = (*raws[at : at + 3], None, None, None)[:3]
        if whole is None or comma is None or places is None or comma.text != ",":
            return None
        if not (whole.text.isdecimal() and places.text.isdecimal() and whole.end + 1 == places.start):
            return None
        chained = sum(a.end == b.start and "," in (a.text, b.text) for a, b in pairwise(glued)) > 2
        if chained or not self._is_decimal(whole.text, places.text):
            return None
        return _Raw("number", f"{whole.text}.{places.text}", whole.start, places.end)

    def _dashed(self, raws: list[_Raw], at: int) -> tuple[_Raw, int] | None:
        """`7-2` or `8-2-1` as one number, if there is a release of it, and how much it takes; `7-8` are two numbers."""
        end = at + 1
        while end + 1 < min(len(raws), at + _DASHED) and raws[end].text == "-" and raws[end - 1].end == raws[end].start:
            if not raws[end + 1].text.isdecimal() or raws[end].end != raws[end + 1].start:
                break
            end += 2
        places = raws[at:end:2]
        goes_on = end < len(raws) and raws[end].start == raws[end - 1].end and raws[end].group != "part"
        comes_from = [raw.group for raw in raws[max(at - 2, 0) : at]] == ["number", "dash"]
        if len(places) < 2 or goes_on or comes_from or not places[0].text.isdecimal():
            return None
        text = ".".join(place.text for place in places)
        if len(places) == 2 and not self._is_decimal(places[0].text, places[1].text):
            return None
        if len(places) > 2 and not self._is_number(text):
            return None
        return _Raw("number", text, places[0].start, places[-1].end), end - at

    def _spaced(self, raws: list[_Raw], at: int, text: str) -> _Raw | None:
        """`7. 2` as one number, if there is a release of it; in "7. 2 hosts" the second one counts."""
        whole, places, behind = (*raws[at : at + 3], None, None, None)[:3]
        if whole is None or places is None or text[whole.end : places.start] != ". ":
            return None
        if not (whole.text.isdecimal() and places.text.isdecimal() and self._is_decimal(whole.text, places.text)):
            return None
        if behind and self._known.get(fold(behind.text), (None, ""))[0] in (TokenKind.COUNTED, TokenKind.MEASURE):
            return None
        return _Raw("number", f"{whole.text}.{places.text}", whole.start, places.end)

    def _tokens(self, raws: list[_Raw]) -> list[Token]:
        tokens: list[Token] = []
        at = 0
        while at < len(raws):
            raw = raws[at]
            if raw.group == "word":
                token, at = self._phrase(raws, at)
                tokens.append(token)
                continue
            if (kind := _kind(raw)) is not None:
                tokens.append(
                    Token(kind, raw.text.lower().replace(" ", "").partition("+")[0] or "+", raw.start, raw.end)
                )
            at += 1
        return tokens

    def _phrase(self, raws: list[_Raw], at: int) -> tuple[Token, int]:
        """The longest known phrase that begins here, else the one word as unknown; and where to go on."""
        first = fold(raws[at].text)
        words, end = [first], [at + 1]
        if first in self._first_words:
            for word, next_at in _following(raws, at):
                words.append(fold(word))
                end.append(next_at)
        for count in range(len(words), 0, -1):
            if found := self._known.get(" ".join(words[:count])):
                return Token(*found, raws[at].start, raws[end[count - 1] - 1].end), end[count - 1]
        return Token(TokenKind.UNKNOWN, first, raws[at].start, raws[at].end), at + 1


def _following(raws: list[_Raw], at: int) -> Iterator[tuple[str, int]]:
    """The words that go on with a phrase: only spaces or one hyphen between them."""
    for _ in range(_LONGEST_PHRASE - 1):
        step = 2 if at + 1 < len(raws) and raws[at + 1].group == "dash" else 1
        if at + step >= len(raws) or raws[at + step].group != "word" or raws[at + step].start - raws[at].end > 1:
            return
        at += step
        yield raws[at].text, at + 1


def _goes_on_with_range(raws: list[_Raw], at: int) -> bool:
    """Whether a comma stands between two clauses of a range; a semicolon does between a lower and an upper bound."""
    first, number = ([None, None] + [raw for raw in raws[max(at - 3, 0) : at] if raw.text.lower() != "v"])[-2:]
    sign, behind = raws[at], raws[at + 1] if at + 1 < len(raws) else None
    if not first or not number or not behind:
        return False
    if (first.group, number.group) != ("operator", "number") or not (
        behind.group == "operator" or behind.text.lower() in ("except", "excluding")
    ):
        return False
    return sign.text == "," or (sign.text == ";" and first.text[0] == ">" and behind.text[0] == "<")


def _kind(raw: _Raw) -> TokenKind | None:
    if raw.group in _SIGNS:
        return _SIGNS[raw.group]
    if raw.group == "number":
        if len(raw.text) > _LONGEST_NUMBER:
            return TokenKind.UNKNOWN
        return TokenKind.WILDCARD if raw.text[-1] in "xX*" else TokenKind.NUMBER
    if raw.group == "operator":
        return None if raw.text == "=" or set(raw.text) == {"!"} else TokenKind.OPERATOR
    if raw.group == "feature":
        return TokenKind.FEATURE
    return {"id": TokenKind.TALK, "address": TokenKind.UNKNOWN, "comma": TokenKind.COMMA}.get(raw.group)
