"""Tokens of a part grown together: several make a version, a range or the name of a machine, the others stay words.

A part is written as a line: two signs for each token, whether it touches the one before and what kind it is. The rules
say which lines make what, the first that fits counts; what a pattern cannot say, the method beside it does.
"""

import re
from collections.abc import Callable, Sequence
from string import ascii_letters

from bot.matrix.release import Product
from bot.query.spellings import Between, Codename, Number, Prefix, Range, digits
from bot.query.tokens import Token
from bot.query.words import DISTRIBUTIONS, JOINING, OF_TWO, TokenKind

_FROM = frozenset({"from", "von", "de", "desde", "da", "del"})
_TO = frozenset({"to", "bis", "a", "al", "au"})
_BEFORE_COUNTED = frozenset({"of", "our", "the", "my", "your", "these", "those", "old", "other", "more", "x"})
_WHERE = frozenset({"on", "in", "under", "inside"})
_TOOLS = (TokenKind.TOOL, TokenKind.XEN_ORCHESTRA)
_SIGNS = (TokenKind.DASH, TokenKind.DOTS)
_NAMING = (TokenKind.PRODUCT, TokenKind.PLATFORM, TokenKind.VERSION, TokenKind.UNKNOWN, TokenKind.NUMBER)
"""What a whole number stands behind when it is a version."""
_MOST_DIGITS = 2
"""No release has more before its first dot."""
_MOST_CLAUSES = 20
_LONGEST_SIGN = 3

_LETTERS = dict(zip(TokenKind, ascii_letters, strict=False))
_CC = "0"
"""Common Criteria, the level that takes no number."""
_NUMBERS = "1234"
"""Whole and with dots: those that may be a release's, then the others."""
_TURNED = "LATER OPERATOR DIRECTION EARLY SUFFIX LEVEL LABEL GUEST MEASURE COUNTED TALK"
"""Words that mean something beside a number only; elsewhere they are filler."""


def _letters(kinds: str) -> str:
    return "".join(_LETTERS[TokenKind[kind]] for kind in kinds.split())


def _but(kinds: str) -> str:
    return "".join({_CC, *_NUMBERS, *_LETTERS.values()} - {*_letters(kinds)})


_CLASSES = {
    **{kind.name: letter for kind, letter in _LETTERS.items()},
    "NUMBER": _NUMBERS,
    "LIKELY": "12",
    "INTEGER": "13",
    "DOTTED": "24",
    "BUILD": "134",
    "CC": _CC,
    "LEVEL": _CC + _letters("LEVEL"),
    "TOOL": _letters("TOOL XEN_ORCHESTRA"),
    "NAMING": _letters("FILLER TALK COUNTED GUEST UNKNOWN VERSION"),
    "PLAIN": _but("DASH DOTS PLUS JOINT OPERATOR"),
    "BETWEEN": "".join({*_but("JOINT")} - {*_NUMBERS}),
}
"""The kinds that a word of a pattern stands for."""


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
            if (match := pattern.match(self._line, 2 * at)) and (grown := read(self, match)):
                self.found.append(grown)
                return match.end() // 2
        token = self._tokens[at]
        if token.kind not in _SIGNS:
            self.found.append(token._replace(kind=_ALONE.get(token.kind, token.kind)))
        return at + 1

    def _written(self, before: Token | None, token: Token) -> str:
        letter = _LETTERS[token.kind]
        if token.kind is TokenKind.NUMBER:
            whole, dot, _ = token.value.partition(".")
            is_likely = len(whole) <= _MOST_DIGITS and (dot or self._is_number(token.value))
            letter = _NUMBERS[bool(dot) + (0 if is_likely else 2)]
        elif token.value == "CC":
            letter = _CC
        return f"'{letter}" if before and before.end == token.start else f" {letter}"

    def _of(self, match: re.Match[str], group: str = "") -> Sequence[Token]:
        """The tokens that a match or a group of it has."""
        start, end = match.span(group or 0)
        return self._tokens[max(start, 0) // 2 : max(end, 0) // 2]

    def _name(self, match: re.Match[str], group: str) -> str:
        """A level or a prerelease: "CU1", "RC2"."""
        return "".join(token.value for token in self._of(match, group) if token.kind is not TokenKind.DASH)

    def _token(self, match: re.Match[str], kind: TokenKind = TokenKind.FILLER, value: str = "") -> Token:
        first, *_, last = *self._of(match), self._of(match)[-1]
        return Token(kind, value, first.start, last.end)

    def _last(self) -> tuple[TokenKind | None, str]:
        """What was found last: its kind and its value."""
        return self.found[-1][:2] if self.found else (None, "")

    def _filler(self, match: re.Match[str]) -> Token:
        return self._token(match)

    # words

    def _hypervisor(self, match: re.Match[str]) -> Token | None:
        (token,) = self._of(match)
        is_behind_name = self._last()[0] in (TokenKind.PRODUCT, TokenKind.PLATFORM)
        if token.value != "hypervisor" or is_behind_name:
            return None
        return self._token(match, TokenKind.PRODUCT, Product.XENSERVER)

    def _named(self, match: re.Match[str]) -> Token | None:
        """A word with a number of its own: "XO 5.98", "build 12", "host-3", "R740"."""
        first, *_ = self._of(match)
        if first.kind is TokenKind.VERSION and first.value != "r":
            return None
        kind = first.kind if first.kind in (TokenKind.UNKNOWN, *_TOOLS) else TokenKind.FILLER
        return self._token(match, kind, first.value)

    def _home(self, match: re.Match[str]) -> Token | None:
        """Where Xen Orchestra itself is installed is no host of it: "XO on Debian 12"."""
        is_there = len(self.found) > 1 and self.found[-2].kind in _TOOLS and self._last()[1] in _WHERE
        return self._token(match) if is_there and self._of(match)[0].value in DISTRIBUTIONS else None

    def _codename(self, match: re.Match[str]) -> Token:
        (token,) = self._of(match)
        return token._replace(wanted=Codename(token.value))

    # numbers

    def _count(self, match: re.Match[str]) -> Token | None:
        """A number that counts or measures ("3 hosts", "2 TiB"); "XenServer 8 hosts" are of 8, "7.2 hosts" of 7.2."""
        (number,), (before, _) = self._of(match), self._last()
        if before is TokenKind.PRODUCT and self._is_number(number.value):
            return None
        is_of_release = before in (TokenKind.PRODUCT, TokenKind.VERSION) or not number.value.isdecimal()
        return None if match["hosts"] and is_of_release else self._token(match)

    def _talk(self, match: re.Match[str]) -> Token | None:
        """A whole number before a product with its version counts something ("2 of our XCP-ng 8.2 hosts"), and one
        before a word of which nothing is known ("7 dwarfs")."""
        counts = all(token.value in _BEFORE_COUNTED for token in self._of(match, "of"))
        return self._token(match) if counts and self._last()[0] not in _NAMING else None

    def _prefix(self, match: re.Match[str]) -> Token:
        start, _, _ = self._of(match)[0].value.rpartition(".")
        return self._token(match, TokenKind.NUMBER)._replace(wanted=Prefix(start))

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
        return self._token(match, TokenKind.NUMBER, shown)._replace(wanted=wanted, said=tuple(said))

    def _set_aside(self, match: re.Match[str]) -> Token:
        """A level, a prerelease or an operator that stands before its number."""
        (what,) = (name for name, found in match.groupdict().items() if found)
        self._before[what] = self._token(match, value=self._name(match, what))
        return self._token(match)

    def _lone_level(self, match: re.Match[str]) -> Token:
        """A level of the last number ("7.1 and CU2")."""
        level = self._name(match, "level")
        last = next((token.wanted for token in reversed(self.found) if token.wanted), None)
        if isinstance(last, Number):
            version = self._token(match, TokenKind.NUMBER, f"{last.text} {level}")
            return version._replace(wanted=Number(last.text, level))
        return self._token(match, TokenKind.UNKNOWN, level.lower())

    # ranges

    def _bound(self, match: re.Match[str], operator: str, number: Token, is_shown: bool = True) -> Token:
        """A range with one bound; it is shown as typed, or by the sign of its operator."""
        clause = operator + number.value
        version = self._token(match, TokenKind.NUMBER, clause if is_shown else "")
        return version._replace(wanted=Range(clause, number.value))

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
        return self._token(match, TokenKind.NUMBER, shown)._replace(wanted=Between(first.value, last.value))

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
        of_product = self._last()[0] is TokenKind.PRODUCT
        first, clauses = "", []
        for operator, *number in self._clauses(match):
            if number:
                first = first or number[-1].value
                clauses.append(operator.value + number[-1].value.replace("x", "*"))
            elif operator.end - operator.start <= _LONGEST_SIGN:  # no "newer than"
                clauses.append(operator.value)
        names_two = (
            self._tokens[match.start() // 2].value == "!=" and self.found and self.found[-1].wanted
        )  # but not 8.2
        counts = match["hosts"] and first.isdecimal() and not of_product
        if names_two or counts or not clauses or not (first or of_product):
            return None
        specifier = ",".join(clauses) if len(clauses) <= _MOST_CLAUSES else "<"
        return self._token(match, TokenKind.NUMBER)._replace(wanted=Range(specifier, first.rstrip(".*x")))

    def _bounds(self, match: re.Match[str]) -> Token | None:
        """The same with "and", "but" or "/" between its two bounds: ">= 7.0 and < 7.4"."""
        (joint,) = self._of(match, "joint")
        bounds = {operator.value[0]: digits(number[-1].value) for operator, *number in self._clauses(match) if number}
        is_both = bounds.keys() >= {"<", ">"} and bounds[">"] < bounds["<"]
        return self._range(match) if joint.value in JOINING and is_both else None

    def _clauses(self, match: re.Match[str]) -> list[Sequence[Token]]:
        return [self._of(clause) for clause in _CLAUSES_OF.finditer(self._line, *match.span())]

    def _compared(self, match: re.Match[str]) -> Token | None:
        """ "newer than XenServer 7.6"; a sign there is left over."""
        (operator,) = self._of(match)
        is_word = operator.end - operator.start > _LONGEST_SIGN
        names_two = operator.value == "!=" and self.found and self.found[-1].wanted
        return self._set_aside(match) if is_word and not names_two else None

    def _direction(self, match: re.Match[str]) -> Token | None:
        """A range by one word: "before 7", "until 7.2", "since version 7.1", "before XenServer 7"."""
        last = next((token for token in reversed(self.found) if token.wanted or token.kind is TokenKind.JOINT), None)
        if self._last()[1] == "long" or (last and last.wanted):
            return None  # "how long until 8.2 is dead" asks when, in "8.2 before 8.3" both are releases
        if match["number"] is None:
            return self._set_aside(match)
        return self._bound(match, self._of(match)[0].value, self._of(match, "number")[0])


_SUFFIXES = "(?:DASH? SUFFIX)*"
_EARLY = "DASH? EARLY (?:'DASH 'INTEGER | INTEGER)?"
_LEVEL = "(?=LEVEL) (?: CC | LEVEL DASH? INTEGER)"
_BOUND = "OPERATOR VERSION? (?:NUMBER | WILDCARD)"
_CLAUSE = f"(?: {_BOUND} | OPERATOR )"
_RANGE_ENDS = f"(?! MEASURE) (?: (?=(?P<hosts>COUNTED)) | {_SUFFIXES} )"
_Read = Callable[[_Reading, re.Match[str]], Token | None]
_RULES_IN_WORDS: tuple[tuple[str, _Read], ...] = (
    # 3 hosts, 2 TiB; 2 of our XCP-ng 8.2 hosts
    ("NUMBER (?= DASH? MEASURE | (?P<hosts>COUNTED))", _Reading._count),
    ("INTEGER (?= DASH? UNKNOWN | (?P<of>FILLER{0,5}) PRODUCT (?:NUMBER | WILDCARD | OPERATOR))", _Reading._talk),
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
    (
        "(?P<operator>DIRECTION)"
        f" (?: (?= VERSION? PRODUCT NUMBER $) | VERSION? (?P<number>LIKELY) (?! MEASURE | COUNTED) {_SUFFIXES} )",
        _Reading._direction,
    ),
    # CU1 of 7.1; 7.1 and CU2; RC1 of 8.3
    (f"(?P<level>{_LEVEL}) (?= BETWEEN{{0,3}} NUMBER)", _Reading._set_aside),
    (f"(?P<level>{_LEVEL})", _Reading._lone_level),
    (f"(?P<early>(?=EARLY) {_EARLY}) (?= BETWEEN{{0,3}} DOTTED)", _Reading._set_aside),
    (f"(?=EARLY) {_EARLY}", _Reading._filler),
    # Dundee; Hypervisor 8; XO 5.98, build 12, host-3
    ("CODENAME", _Reading._codename),
    ("FILLER (?= VERSION? INTEGER)", _Reading._hypervisor),
    ("TOOL (?:DASH | VERSION)* (?:NUMBER | WILDCARD)", _Reading._named),
    ("LABEL DASH* INTEGER", _Reading._named),
    ("NAMING (?:'DASH)? 'INTEGER", _Reading._named),
    # Debian 12 VMs; XO on Debian 12
    ("PLATFORM (?: NUMBER GUEST | (?=GUEST))", _Reading._filler),
    ("PLATFORM NUMBER?", _Reading._home),
)
"""What makes a version or a name, the longer before the shorter. A word is a token of that kind; ' says it is glued."""
_ALONE = {TokenKind.PLUS: TokenKind.JOINT} | dict.fromkeys(
    (kind for kind in TokenKind if _LETTERS[kind] in _letters(_TURNED)), TokenKind.FILLER
)
"""What a token is by itself."""


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
