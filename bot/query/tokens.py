"""From a clean text to tokens, parted where the question is: at commas, semicolons and line ends."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from bot.matrix.feature import Feature
from bot.query.spellings import Number, Wanted
from bot.query.words import COUNTS, VOCABULARY, TokenKind
from bot.text import Span, blanked, fold

_SCAN = re.compile(
    r"(?P<talk>\b(?:xs\d{2,3}e\d\w*+|(?:cve|xsa|xso|ctx|kb)-?\d[\d-]*+|24/7|x86(?:[ -]64)?|x64|(?:amd|arm)64|i[36]86)\b"
    r"|(?<=-)\d{4}-\d\d-\d\d\b|\b\d{4}-\d\d-\d\d(?=-|\.[a-z]))"
    r"|(?P<unknown>[a-z]{2,9}+://[^\s,;]*+|\b\d{2,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(?!\.\d)"
    r"|\b[a-z][a-z0-9-]{0,62}+\.(?:[a-z][a-z0-9-]{0,62}+\.){0,3}(?:com|org|net|io|tech|eu|de|fr|lan|local|html)\b[^\s,;]*+)"
    r"|(?P<number>\d++(?>(?:\.\t?\d++)*)(?:\.[x*](?!\w)|(?<=\d\.\d)\+\d++(?![.\w]))?)"
    r"|(?P<word>(?:ec2|k8s|k3s|s390x)\b|[^\W\d_]++)"
    r"|(?P<joint>[&/|]++|-{1,3}+>)"
    r"|(?P<operator>[<>] =(?![<>=!~])|[<>=!~]++)"
    r"|(?P<dots>\.{2,}+)"
    r"|(?P<part>[,;\n])"
    r"|(?P<plus>\+)"
    r"|(?P<dash>-)",
    re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"[ -]?([^\W\d_]++)")
_LONGEST_PHRASE = 5
_LONGEST_NUMBER = 30
_LONGEST_PART = 100
"""A part's work grows faster than its length, so an absurd one is cut in several."""

_SLIPS = (
    re.compile(r"(?<![\d.,])(\d{1,3})(,)(\d{1,3})(?![\d,]|\.\d)"),  # 7,2
    re.compile(r"(?<![\d.])(?<!\d-)(\d{1,3})(-)(\d{1,3})(?:(-)(\d{1,3}))?(?![\w+<>=/&|-]|\.[\w.])"),  # 7-2, 8-2-1
    re.compile(rf"(?<![\d.])(\d{{1,3}})(\. )(\d{{1,3}})(?![\d.]\d| (?:{'|'.join(COUNTS)})\b)", re.IGNORECASE),  # 7. 2
)
"""A number whose dot was written as something else."""
_IN_RANGE = re.compile(
    r"([<>=~!] ?v?\d[\w.*]*+ ?),(?= ?(?:[<>=~!]|except\b|excluding\b))|(> ?=? ?v?\d[\w.*]*+ ?);(?= ?<)", re.IGNORECASE
)
"""A comma between two clauses of a range, a semicolon between its bounds: they part nothing."""

_WORD = re.compile(r"[^\W\d_]+")
_LEVEL = r"(?:cu|sp|fp|cumulative update|service pack|feature pack)[ -]?\d"
_REMARK = re.compile(rf"\((?>(?: ?(?:{_LEVEL}|ltsr?|cr|lts release)(?!\w) ?(?:[,;/&+]|and|or)?)+) ?\)", re.IGNORECASE)
"""Levels and LTS words in brackets: "7.1 LTSR (CU1, CU2)"."""


class Token(NamedTuple):
    """A word, or several that make one thing: what it is, the value that it stands for, and where it is in the text.

    `wanted` is what a version wants; its `value` is what to show if that is not what stands in the text, and `said` is
    what belongs to it and stands elsewhere: "newer than XenServer 7.6".
    """

    kind: TokenKind
    value: str
    start: int
    end: int
    wanted: Wanted | None = None
    said: tuple[Span, ...] = ()


def without_remarks(text: str) -> tuple[str, list[Span]]:
    """A text with blanks for brackets that list several update levels, and their places.

    Other levels in brackets lose their commas, which would part the question.
    """
    places: list[Span] = []

    def remark(match: re.Match[str]) -> str:
        if len(re.findall(_LEVEL, match[0], re.IGNORECASE)) <= 1:
            return re.sub("[,;]", " ", match[0])
        places.append((match.start() + 1, match.end() - 1))
        return " " * len(match[0])

    return _REMARK.sub(remark, text), places


class FeatureNames:
    """Finds features in a text, whose words may have signs and numbers in them."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self.by_id = {feature.id: feature for feature in features}
        self._ids: dict[str, str] = {}
        for feature in self.by_id.values():
            for name in (feature.id, feature.name, *feature.aliases):
                phrase = name.lower().replace("-", " ")
                kind, _ = VOCABULARY.get(phrase, (TokenKind.TOOL, ""))
                if kind is TokenKind.TOOL:  # a word that means something else in a sentence names no feature there
                    self._ids |= {phrase: feature.id, f"{phrase}s": feature.id}
        self._first_words = {_WORD.findall(phrase)[0] for phrase in self._ids}
        longest_first = sorted(self._ids, key=len, reverse=True)
        spellings = "|".join(re.escape(phrase).replace(r"\ ", "[ -]") for phrase in longest_first)
        self._pattern = re.compile(rf"(?<![\w.-])(?:{spellings})(?![\w-]|\.\d)", re.IGNORECASE)

    def take(self, text: str) -> tuple[str, list[Token]]:
        """A text with blanks in place of features, and these as tokens."""
        if self._first_words.isdisjoint(_WORD.findall(text.lower())):
            return text, []
        found = [
            Token(TokenKind.FEATURE, self._ids[match[0].lower().replace("-", " ")], match.start(), match.end())
            for match in self._pattern.finditer(text)
        ]
        return blanked(text, ((token.start, token.end) for token in found)), found


class Scanner:
    """Makes tokens of a clean text, by the phrases of the vocabulary and the code names of one Matrix."""

    def __init__(self, codenames: Iterable[str], is_number: Callable[[str], bool]) -> None:
        """`codenames` are phrases; `is_number` says whether a number is a release's."""
        self._known = {**VOCABULARY, **{name: (TokenKind.CODENAME, name) for name in codenames}}
        self._first_words = frozenset(phrase.partition(" ")[0] for phrase in self._known if " " in phrase)
        self._is_number = is_number

    def parts(self, text: str, known: Iterable[Token] = ()) -> Iterator[list[Token]]:
        """The tokens of each part of a text, in order; parts without tokens are left out.

        `known` are tokens that were read before, in whose places the text has blanks.
        """
        part: list[Token] = []
        for token in sorted([*self._tokens(text), *known], key=lambda token: token.start):
            if token.kind is not TokenKind.PART:
                part.append(token)
            if part and (token.kind is TokenKind.PART or len(part) == _LONGEST_PART):
                yield part
                part = []
        if part:
            yield part

    def _tokens(self, text: str) -> Iterator[Token]:
        text, at = self._mended(text), 0
        while match := _SCAN.search(text, at):
            group, value, at = (match.lastgroup or "").upper(), match[0].lower(), match.end()
            if group == "WORD":
                kind, value, at = self._phrase(text, match)
            elif group == "NUMBER":
                kind = TokenKind.WILDCARD if value[-1] in "x*" else TokenKind.NUMBER
                kind = kind if len(value) <= _LONGEST_NUMBER else TokenKind.UNKNOWN
                value = value.replace("\t", "").partition("+")[0]
            else:
                kind, value = TokenKind[group], value.replace(" ", "")
            if kind is not TokenKind.OPERATOR or (value != "=" and set(value) != {"!"}):
                yield Token(kind, value, match.start(), at, Number(value) if kind is TokenKind.CODENAME else None)

    def _mended(self, text: str) -> str:
        """A text of the same length with the dots of numbers in their place, and without the commas of ranges."""
        for slip in _SLIPS:
            text = slip.sub(self._dotted, text)
        return _IN_RANGE.sub(lambda match: f"{match[1] or match[2]} ", text)

    def _dotted(self, match: re.Match[str]) -> str:
        """ "7,2" is 7.2 if there is such a release, and not one for each half: "8,9" are two."""
        places = [place for place in match.groups()[::2] if place]
        number = ".".join(places)
        is_two = len(places) == 2 and all(map(self._is_number, places))
        if is_two or not self._is_number(number):
            return match[0]
        return number if len(number) == len(match[0]) else number.replace(".", ".\t")

    def _phrase(self, text: str, match: re.Match[str]) -> tuple[TokenKind, str, int]:
        """The longest known phrase that begins here, else the one word as unknown; and where it ends."""
        word = phrase = fold(match[0])
        end, words = match.end(), 1
        known = (*self._known.get(word, (TokenKind.UNKNOWN, word)), end)
        while word in self._first_words and words < _LONGEST_PHRASE and (behind := _NEXT_WORD.match(text, end)):
            phrase, end, words = f"{phrase} {fold(behind[1])}", behind.end(), words + 1
            if meaning := self._known.get(phrase):
                known = (*meaning, end)
        return known
