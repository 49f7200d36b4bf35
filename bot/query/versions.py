"""Tokens of a part grown together: several make a version, a range or the name of a machine, the others stay words.

A part is written as a line: two signs for each token, whether it touches the one before and what kind it is. The rules
say which lines make what, the first that fits counts; what a pattern cannot say, the method beside it does.
"""

import re
from collections.abc import Callable, Sequence
from string import ascii_letters

from bot.matrix.release import Product
from bot.query.spellings import Number, Range, Wanted, digits
from bot.query.tokens import Token
from bot.query.words import DISTRIBUTIONS, JOINING, OF_TWO, TokenKind

_FROM = frozenset({"from", "von", "de", "desde", "da", "del"})
_TO = frozenset({"to", "bis", "a", "al", "au"})
_SIGNS = (TokenKind.DASH, TokenKind.DOTS)
_MOST_DIGITS = 2
"""No release has more before its first dot."""
_MOST_CLAUSES = 20
_LONGEST_SIGN = 3

_BY_VALUE = {
    "COMMON_CRITERIA": ("CC",),  # the level that takes no number
    "HYPERVISOR": ("hypervisor",),
    "DISTRIBUTION": DISTRIBUTIONS,
    "OF": ("of", "our", "the", "my", "your", "these", "those", "old", "other", "more"),
    "WHERE": ("on", "in", "under", "inside"),
    "R": ("r",),  # as in R740
}
"""Tokens whose value counts, not only their kind."""
_LETTERS = dict(zip((*(kind.name for kind in TokenKind), *_BY_VALUE), ascii_letters, strict=False))
_OF_VALUES = {value: _LETTERS[name] for name, values in _BY_VALUE.items() for value in values}
_NUMBERS = "1234"
"""Whole and with dots: those that may be a release's, then the others."""


def _letters(names: str) -> str:
    return "".join(_LETTERS[name] for name in names.split())


_ANY = {*_NUMBERS, *_LETTERS.values()}
_CLASSES = {
    **_LETTERS,
    "NUMBER": _NUMBERS,
    "LIKELY": "12",
    "UNLIKELY": "34",
    "INTEGER": "13",
    "DOTTED": "24",
    "BUILD": "134",
    "LEVEL": _letters("LEVEL COMMON_CRITERIA"),
    "FILLER": _letters("FILLER HYPERVISOR OF WHERE"),
    "PLATFORM": _letters("PLATFORM DISTRIBUTION"),
    "VERSION": _letters("VERSION R"),
    "TOOL": _letters("TOOL XEN_ORCHESTRA"),
    "NAMING": _letters("FILLER HYPERVISOR OF WHERE R TALK COUNTED GUEST"),
    "OWNING": _letters("PRODUCT PLATFORM DISTRIBUTION"),
    "NAME": _letters("PRODUCT HYPERVISOR VERSION R"),
    "SAID": _letters("PRODUCT HYPERVISOR PLATFORM DISTRIBUTION VERSION R UNKNOWN"),
    "PLAIN": "".join(_ANY - {*_letters("DASH DOTS PLUS JOINT OPERATOR")}),
    "BETWEEN": "".join(_ANY - {*_NUMBERS, *_letters("JOINT")}),
}
"""The signs that a word of a rule stands for."""
_TURNED = "LATER OPERATOR DIRECTION EARLY SUFFIX LEVEL LABEL GUEST MEASURE COUNTED TALK"
_ALONE = {TokenKind.PLUS: TokenKind.JOINT, **{TokenKind[kind]: TokenKind.FILLER for kind in _TURNED.split()}}
"""What a token is by itself: many words mean something beside a number only."""


def grown(tokens: Sequence[Token], is_number: Callable[[str], bool]) -> list[Token]:
    """The tokens of a part grown together. Versions are of kind NUMBER; signs between words are gone.

    `is_number`: whether any product has a release of a number.
    """
    return _Reading(tokens, is_number).found


class _Reading:
    """Goes through the tokens once. The method of a rule gives the token that a match makes, None if it makes none."""

    def __init__(self, tokens: Sequence[Token], is_number: Callable[[str], bool]) -> None:
        self._tokens = tokens
        self._is_number = is_number
        self._line = "".join(map(self._written, [None, *tokens], tokens))
        self._before: dict[str, Token] = {}
        """The level, prerelease and operator that were named before their number: "CU1 of 7.1"."""
        self.found: list[Token] = []
        at = 0
        while at < len(tokens):
            at = self._read(at)

    def _read(self, at: int) -> int:
        """Reads what begins at a token; where to go on."""
        for pattern, read in _RULES.get(self._line[2 * at + 1], ()):
            match = pattern.match(self._line, 2 * at)
            if match and (made := self._token(match, *read) if isinstance(read, tuple) else read(self, match)):
                self.found.append(made)
                return match.end() // 2
        token = self._tokens[at]
        if token.kind not in _SIGNS:
            turned = _ALONE.get(token.kind)
            self.found.append(token._replace(kind=turned) if turned else token)
        return at + 1

    def _written(self, before: Token | None, token: Token) -> str:
        letter = _OF_VALUES.get(token.value) or _LETTERS[token.kind.name]
        if token.kind is TokenKind.NUMBER:
            whole, dot, _ = token.value.partition(".")
            is_likely = len(whole) <= _MOST_DIGITS and (dot or self._is_number(token.value))
            letter = _NUMBERS[bool(dot) + (0 if is_likely else 2)]
        return f"'{letter}" if before and before.end == token.start else f" {letter}"

    def _of(self, match: re.Match[str], group: str = "") -> Sequence[Token]:
        """The tokens that a match or a group of it has."""
        start, end = match.span(group or 0)
        return self._tokens[max(start, 0) // 2 : max(end, 0) // 2]

    def _name(self, match: re.Match[str], group: str) -> str:
        """A level or a prerelease: "CU1", "RC2"."""
        return "".join(token.value for token in self._of(match, group) if token.kind is not TokenKind.DASH)

    def _token(
        self, match: re.Match[str], kind: TokenKind, value: str | None = "", wanted: Wanted | None = None
    ) -> Token:
        """What a match makes; where no value is given, that of its first token stays."""
        tokens = self._of(match)
        return Token(kind, tokens[0].value if value is None else value, tokens[0].start, tokens[-1].end, wanted)

    def _prefix(self, match: re.Match[str]) -> Token:
        start, _, _ = self._of(match)[0].value.rpartition(".")
        return self._token(match, TokenKind.NUMBER, "", Range(f"=={start}.*", start))

    def _version(self, match: re.Match[str]) -> Token:
        """A number with its level, prerelease and build, and with what was named before it."""
        number, *_ = self._of(match)
        level, early = self._name(match, "level"), self._name(match, "early") or self._name(match, "late")
        if operator := self._before.pop("operator", None):
            return self._bound(match, operator.value, number)._replace(said=((operator.start, operator.end),))
        shown, said = "", []
        for what, own in (("level", level), ("early", early)):
            if (before := self._before.pop(what, None)) and not own:
                level, early = (before.value, early) if what == "level" else (level, before.value)
                shown = f"{shown or number.value} {before.value}"
                said.append((before.start, before.end))
        wanted = Number(number.value, level, early)
        return self._token(match, TokenKind.NUMBER, shown, wanted)._replace(said=tuple(said))

    def _set_aside(self, match: re.Match[str]) -> Token:
        """A level, a prerelease or an operator that stands before its number."""
        (what,) = (name for name, found in match.groupdict().items() if found)
        self._before[what] = self._token(match, TokenKind.FILLER, self._name(match, what))
        return self._token(match, TokenKind.FILLER)

    def _lone_level(self, match: re.Match[str]) -> Token:
        """A level of the last number ("7.1 and CU2")."""
        level = self._name(match, "level")
        last = next((token.wanted for token in reversed(self.found) if token.wanted), None)
        if isinstance(last, Number) and digits(last.text):
            return self._token(match, TokenKind.NUMBER, f"{last.text} {level}", Number(last.text, level))
        return self._token(match, TokenKind.UNKNOWN, level.lower())

    def _bound(self, match: re.Match[str], operator: str, number: Token, is_shown: bool = True) -> Token:
        """A range with one bound; it is shown as typed, or by the sign of its operator."""
        clause = operator + number.value
        return self._token(match, TokenKind.NUMBER, clause if is_shown else "", Range(clause, number.value))

    def _between(self, match: re.Match[str]) -> Token | None:
        """ "7.0 - 7.3", "7.0 through 7.3", "from 7.0 to 7.3", "between 7.0 and 7.3"; "7.0 to 7.3" is two."""
        (first,), (joint,), (last,) = (self._of(match, group) for group in ("first", "joint", "last"))
        before = self._word_before()
        is_range = (
            joint.kind in _SIGNS
            or (joint.kind is TokenKind.DIRECTION and joint.value == "<=")
            or joint.value in ("through", "thru")
            or (before in _FROM and joint.value in _TO)
            or (before == "between" and joint.value in JOINING)
        )
        if not is_range or digits(last.value) <= digits(first.value):
            return None
        shown = "" if joint.kind in _SIGNS else f"{first.value}-{last.value}"
        return self._token(match, TokenKind.NUMBER, shown, Range("", first.value, last.value))

    def _word_before(self) -> str:
        """The word before a number or its product's name; none where something goes from one to another."""
        near = [token for token in self.found[-3:] if token.kind not in (TokenKind.PRODUCT, TokenKind.VERSION)]
        return near[-1].value if near and not any(token.value in OF_TWO for token in self.found) else ""

    def _open(self, match: re.Match[str]) -> Token | None:
        """ "8.2+", "8.2 or newer", "8.2 and below", "from 8.2 on"."""
        number, *_, last = self._of(match)
        is_from = self._word_before() == "from"
        if match["on"] and not (is_from and (last.value == "on" or last.kind is TokenKind.LATER)):
            return None
        operator = f"{last.value[0]}=" if last.value[0] in "<>" and not match["on"] else ">="
        return self._bound(match, operator, number, is_from)

    def _range(self, match: re.Match[str]) -> Token | None:
        """A range such as ">=7.0 <7.4". An operator without its number stays in, so that the whole is refused."""
        of_product = bool(self.found) and self.found[-1].kind is TokenKind.PRODUCT
        first, clauses = "", []
        for operator, *number in self._clauses(match):
            if number:
                first = first or number[-1].value
                clauses.append(operator.value + number[-1].value.replace("x", "*"))
            elif operator.end - operator.start <= _LONGEST_SIGN:  # no "newer than"
                clauses.append(operator.value)
        names_two = self._of(match)[0].value == "!=" and self.found and self.found[-1].wanted  # "8.3 but not 8.2"
        counts = match["hosts"] and first.isdecimal() and not of_product
        if names_two or counts or not clauses or not (first or of_product):
            return None
        specifier = ",".join(clauses) if len(clauses) <= _MOST_CLAUSES else "<"
        return self._token(match, TokenKind.NUMBER, "", Range(specifier, first.rstrip(".*x")))

    def _bounds(self, match: re.Match[str]) -> Token | None:
        """The same with "and", "but" or "/" between its two bounds: ">= 7.0 and < 7.4"."""
        (joint,) = self._of(match, "joint")
        bounds = {operator.value[0]: digits(number[-1].value) for operator, *number in self._clauses(match) if number}
        is_both = bounds.keys() >= {"<", ">"} and bounds[">"] < bounds["<"]
        return self._range(match) if joint.value in JOINING and is_both else None

    def _clauses(self, match: re.Match[str]) -> list[Sequence[Token]]:
        return [self._of(clause) for clause in _CLAUSES_OF.finditer(self._line, *match.span())]

    def _compared(self, match: re.Match[str]) -> Token | None:
        """ "newer than XenServer 7.6", "before XenServer 7"; a sign there is left over."""
        (operator,) = self._of(match)
        is_sign = operator.kind is TokenKind.OPERATOR and operator.end - operator.start <= _LONGEST_SIGN
        return None if is_sign or self._is_second() else self._set_aside(match)

    def _direction(self, match: re.Match[str]) -> Token | None:
        """A range by one word: "before 7", "until 7.2", "since version 7.1"."""
        direction, *_ = self._of(match)
        return None if self._is_second() else self._bound(match, direction.value, self._of(match, "number")[0])

    def _is_second(self) -> bool:
        """Whether a release stands before, as in "8.2 before 8.3"."""
        last = next((token for token in reversed(self.found) if token.wanted or token.kind is TokenKind.JOINT), None)
        return last is not None and last.wanted is not None


_SUFFIXES = "(?:DASH? SUFFIX)*"
_EARLY = "DASH? EARLY (?:'DASH 'INTEGER | INTEGER)?"
_LEVEL = "(?=LEVEL) (?: COMMON_CRITERIA | LEVEL DASH? INTEGER)"
_BOUND = "OPERATOR VERSION? (?:NUMBER | WILDCARD)"
_CLAUSE = f"(?: {_BOUND} | OPERATOR )"
_RANGE_ENDS = f"(?! MEASURE) (?: (?=(?P<hosts>COUNTED)) | {_SUFFIXES} )"
_Read = tuple[TokenKind, str | None] | Callable[[_Reading, re.Match[str]], Token | None]
_FILLER = (TokenKind.FILLER, "")
_RULES_IN_WORDS: tuple[tuple[str, _Read], ...] = (
    # 2 TiB, 3 hosts, but XenServer 8 hosts and 7.2 hosts; 2 of our XCP-ng 8.2 hosts, 7 dwarfs
    ("NUMBER (?<!PRODUCT NUMBER) (?= DASH? MEASURE)", _FILLER),
    ("UNLIKELY (?= DASH? MEASURE)", _FILLER),
    ("INTEGER (?<!NAME INTEGER) (?= COUNTED)", _FILLER),
    ("INTEGER (?<!SAID INTEGER) (?= DASH? UNKNOWN | OF{0,5} PRODUCT (?:NUMBER | WILDCARD | OPERATOR))", _FILLER),
    # 7.0-7.3; 7.0 through 7.3, from 7.0 to 7.3
    (f"(?P<first>NUMBER) (?P<joint>DASH | DOTS) (?P<last>LIKELY) {_SUFFIXES} (?!'PLAIN)", _Reading._between),
    ("(?P<first>NUMBER) (?P<joint>DIRECTION | JOINT | FILLER) VERSION? (?P<last>LIKELY)", _Reading._between),
    # 8.2+, 8.2 or newer, 8.2 and below, from 8.2 on
    (
        f"NUMBER {_SUFFIXES} (?: 'PLUS (?!') | JOINT (?: LATER | DIRECTION (?!NUMBER)) | (?P<on>FILLER $ | LATER) )",
        _Reading._open,
    ),
    # 7.1 LTSR CU2, 8.3.0-rc1, 7.2.0-142457c; 7.x
    (
        f"NUMBER (?: 'DASH 'BUILD (?:'PLAIN)* )* {_SUFFIXES} (?P<early>{_EARLY})?"
        f" (?: (?:FILLER | DASH){{0,2}} (?P<level>{_LEVEL}) )? {_SUFFIXES} (?P<late>{_EARLY})?",
        _Reading._version,
    ),
    (f"WILDCARD {_SUFFIXES}", _Reading._prefix),
    # >=7.0 and <7.4; newer than XenServer 7.6; >=7.0 <7.4
    (f"{_BOUND} (?P<joint>JOINT | FILLER) {_BOUND} {_CLAUSE}* {_RANGE_ENDS}", _Reading._bounds),
    ("(?P<operator>OPERATOR) (?= PRODUCT NUMBER)", _Reading._compared),
    (f"{_CLAUSE}+ {_RANGE_ENDS}", _Reading._range),
    # before XenServer 7, until 7.2
    ("(?P<operator>DIRECTION) (?= VERSION? PRODUCT NUMBER $)", _Reading._compared),
    (f"DIRECTION VERSION? (?P<number>LIKELY) (?! MEASURE | COUNTED) {_SUFFIXES}", _Reading._direction),
    # CU1 of 7.1; 7.1 and CU2; RC1 of 8.3
    (f"(?P<level>{_LEVEL}) (?= BETWEEN{{0,3}} NUMBER)", _Reading._set_aside),
    (f"(?P<level>{_LEVEL})", _Reading._lone_level),
    (f"(?P<early>(?=EARLY) {_EARLY}) (?= BETWEEN{{0,3}} DOTTED)", _Reading._set_aside),
    (f"(?=EARLY) {_EARLY}", _FILLER),
    # Hypervisor 8; XO 5.98, build 12, host-3
    ("HYPERVISOR (?<!OWNING HYPERVISOR) (?= VERSION? INTEGER)", (TokenKind.PRODUCT, Product.XENSERVER)),
    ("TOOL (?:DASH | VERSION)* (?:NUMBER | WILDCARD)", (TokenKind.TOOL, None)),
    ("UNKNOWN (?:'DASH)? 'INTEGER", (TokenKind.UNKNOWN, None)),
    ("LABEL DASH* INTEGER", _FILLER),
    ("NAMING (?:'DASH)? 'INTEGER", _FILLER),
    # Debian 12 VMs; XO on Debian 12
    ("PLATFORM (?: NUMBER GUEST | (?=GUEST))", _FILLER),
    (
        "DISTRIBUTION (?: (?<=TOOL WHERE DISTRIBUTION) | (?<=TOOL NUMBER WHERE DISTRIBUTION) ) (?:VERSION? NUMBER)?",
        _FILLER,
    ),
)
"""What makes a version or a name, the longer before the shorter. A word is a token of that kind; ' says it is glued."""


def _pattern(words: str) -> re.Pattern[str]:
    """A rule as a pattern for lines."""

    def kind(word: re.Match[str]) -> str:
        return f"(?:{word[1] or '.'}[{_CLASSES[word[2]]}])"

    return re.compile(re.sub("('?)([A-Z][A-Z_]+)", kind, words), re.VERBOSE)


_RULES: dict[str, list[tuple[re.Pattern[str], _Read]]] = {}
for _words, _method in _RULES_IN_WORDS:
    for _letter in _CLASSES[re.findall("[A-Z][A-Z_]+", _words)[0]]:
        _RULES.setdefault(_letter, []).append((_pattern(_words), _method))
_CLAUSES_OF = _pattern(_CLAUSE)
