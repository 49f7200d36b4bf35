"""Tokens of a part grown into items: a word, or several that make a version, a range or the name of a machine.

A part is written as a line: two signs for each token, whether it touches the one before and what kind it is. The rules
say which lines make what, the first that fits counts; what a pattern cannot say, the method beside it does.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from string import ascii_letters
from typing import NamedTuple

from bot.matrix.release import Product
from bot.query.days import Span
from bot.query.spellings import Between, Codename, Number, Prefix, Range, Wanted, digits
from bot.query.tokens import Token
from bot.query.words import DISTRIBUTIONS, JOINING, OF_TWO, TokenKind

TOOLS = (TokenKind.TOOL, TokenKind.XEN_ORCHESTRA)
_FROM = frozenset({"from", "von", "de", "desde", "da", "del"})
_TO = frozenset({"to", "bis", "a", "al", "au"})
_MOST_DIGITS = 2
"""No release has more before its first dot."""
_MOST_CLAUSES = 20
_LONGEST_SIGN = 3

_BEFORE_COUNTED = frozenset({"of", "our", "the", "my", "your", "these", "those", "old", "other", "more", "x"})
_WHERE = frozenset({"on", "in", "under", "inside"})
_NAMING = (TokenKind.PRODUCT, TokenKind.PLATFORM, TokenKind.VERSION, TokenKind.UNKNOWN, TokenKind.NUMBER)
"""What a whole number stands behind when it is a version."""

_LETTERS = dict(zip(TokenKind, ascii_letters, strict=False))
_ALL = "".join(_LETTERS.values())
_CC = "0"
"""Common Criteria, the level that takes no number."""
_NUMBERS = "1234"
"""Whole and with dots: those that may be a release's, then the others."""
_TURNED = "LATER OPERATOR DIRECTION EARLY SUFFIX LEVEL LABEL GUEST MEASURE COUNTED TALK"
"""Words that mean something beside a number only; elsewhere they are filler."""


def _letters(kinds: str) -> str:
    return "".join(_LETTERS[TokenKind[kind]] for kind in kinds.split())


_SIGNS = _letters("DASH DOTS PLUS JOINT OPERATOR")
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
    "PLAIN": f"{_CC}{_NUMBERS}{_ALL}".translate(dict.fromkeys(map(ord, _SIGNS))),
    "OTHER": f"{_CC}{_NUMBERS}{_ALL}".translate(dict.fromkeys(map(ord, _SIGNS + _letters("SUFFIX")))),
    "BETWEEN": f"{_CC}{_ALL}".translate(dict.fromkeys(map(ord, _letters("JOINT")))),
}
"""The kinds that a word of a pattern stands for."""


class Item(NamedTuple):
    """A word of a part, or several that make a version; `wanted` is what they want then.

    `value` is the token's; of a version, what to show if that is not what stands in the text. `said` is what belongs to
    it and stands elsewhere: "newer than XenServer 7.6".
    """

    kind: TokenKind
    value: str
    start: int
    end: int
    wanted: Wanted | None = None
    said: tuple[Span, ...] = ()


def items(tokens: Sequence[Token], is_number: Callable[[str], bool]) -> list[Item]:
    """The items of a part. Versions are of kind NUMBER; signs between words are gone.

    `is_number`: whether any product has a release of a number.
    """
    return _Reading(tokens, is_number).items()


class _Reading:
    """Goes through the tokens once. Each `_read_*` gives the item that a match makes, None if it makes none."""

    def __init__(self, tokens: Sequence[Token], is_number: Callable[[str], bool]) -> None:
        self._tokens = tokens
        self._is_number = is_number
        self._line = "".join(map(self._written, [None, *tokens], tokens))
        self._items: list[Item] = []
        self._before: dict[str, tuple[str, Span]] = {}
        """The level, prerelease and operator that were named before their number, and where: "CU1 of 7.1"."""

    def items(self) -> list[Item]:
        at = 0
        while at < len(self._tokens):
            at = self._read(at)
        return self._items

    def _read(self, at: int) -> int:
        """Reads what begins at a token; where to go on."""
        for pattern, read in _RULES.get(self._line[2 * at + 1], ()):
            if (match := pattern.match(self._line, 2 * at)) and (item := read(self, match)):
                self._items.append(item)
                return match.end() // 2
        token = self._tokens[at]
        kind = _ALONE.get(token.kind, token.kind)
        if kind not in (TokenKind.DASH, TokenKind.DOTS):
            self._items.append(Item(kind, token.value, token.start, token.end))
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

    def _filler(self, match: re.Match[str]) -> Item:
        tokens = self._of(match)
        return Item(TokenKind.FILLER, "", tokens[0].start, tokens[-1].end)

    # words

    def _read_hypervisor(self, match: re.Match[str]) -> Item | None:
        (token,) = self._of(match)
        is_behind_name = self._items and self._items[-1].kind in (TokenKind.PRODUCT, TokenKind.PLATFORM)
        if token.value != "hypervisor" or is_behind_name:
            return None
        return Item(TokenKind.PRODUCT, Product.XENSERVER, token.start, token.end)

    def _read_named(self, match: re.Match[str]) -> Item | None:
        """A word with a number of its own: "XO 5.98", "build 12", "host-3", "R740"."""
        first, *_, last = self._of(match)
        if first.kind is TokenKind.VERSION and first.value != "r":
            return None
        kind = first.kind if first.kind in (TokenKind.UNKNOWN, *TOOLS) else TokenKind.FILLER
        return Item(kind, first.value, first.start, last.end)

    def _read_home(self, match: re.Match[str]) -> Item | None:
        """Where Xen Orchestra itself is installed is no host of it: "XO on Debian 12"."""
        is_there = len(self._items) > 1 and self._items[-2].kind in TOOLS and self._items[-1].value in _WHERE
        return self._filler(match) if is_there and self._of(match)[0].value in DISTRIBUTIONS else None

    def _read_codename(self, match: re.Match[str]) -> Item:
        (token,) = self._of(match)
        return Item(token.kind, token.value, token.start, token.end, Codename(token.value))

    # numbers

    def _read_count(self, match: re.Match[str]) -> Item | None:
        """A number that counts or measures ("3 hosts", "2 TiB"); "XenServer 8 hosts" are of 8, "7.2 hosts" of 7.2."""
        (number,) = self._of(match)
        before = self._items[-1].kind if self._items else None
        if before is TokenKind.PRODUCT and self._is_number(number.value):
            return None
        is_of_release = before in (TokenKind.PRODUCT, TokenKind.VERSION) or not number.value.isdecimal()
        if match["hosts"] and is_of_release:
            return None
        return self._filler(match)

    def _read_talk(self, match: re.Match[str]) -> Item | None:
        """A whole number before a product with its version counts something ("2 of our XCP-ng 8.2 hosts"), and one
        before a word of which nothing is known ("7 dwarfs")."""
        is_version = bool(self._items) and self._items[-1].kind in _NAMING
        counts = all(token.value in _BEFORE_COUNTED for token in self._of(match, "of"))
        return self._filler(match) if counts and not is_version else None

    def _read_prefix(self, match: re.Match[str]) -> Item:
        number, *_ = tokens = self._of(match)
        return Item(TokenKind.NUMBER, "", number.start, tokens[-1].end, Prefix(number.value.rpartition(".")[0]))

    def _read_between(self, match: re.Match[str]) -> Item | None:
        """ "7.0 - 7.3", "7.0 through 7.3", "from 7.0 to 7.3", "between 7.0 and 7.3"; "7.0 to 7.3" is two."""
        (first,), (joint,), (last,) = (self._of(match, group) for group in ("first", "joint", "last"))
        before = self._word_before()
        is_range = (
            joint.kind in (TokenKind.DASH, TokenKind.DOTS)
            or (joint.kind is TokenKind.DIRECTION and joint.value == "<=")
            or joint.value in ("through", "thru")
            or (before in _FROM and joint.value in _TO)
            or (before == "between" and joint.value in JOINING)
        )
        if not is_range or digits(last.value) <= digits(first.value):
            return None
        shown = "" if joint.kind in (TokenKind.DASH, TokenKind.DOTS) else f"{first.value}-{last.value}"
        end = self._of(match)[-1].end
        return Item(TokenKind.NUMBER, shown, first.start, end, Between(first.value, last.value))

    def _read_open(self, match: re.Match[str]) -> Item | None:
        """ "8.2+", "8.2 or newer", "8.2 and below", "from 8.2 on"."""
        number, *_, last = self._of(match)
        is_from = self._word_before() == "from"
        if match["on"] and not (is_from and (last.value == "on" or last.kind is TokenKind.LATER)):
            return None
        operator = f"{last.value[0]}=" if last.value[0] in "<>" and not match["on"] else ">="
        clause = operator + number.value
        return Item(TokenKind.NUMBER, clause if is_from else "", number.start, last.end, Range(clause, number.value))

    def _read_version(self, match: re.Match[str]) -> Item:
        """A number with its level, prerelease and build, and with what was named before it."""
        number, *_ = tokens = self._of(match)
        level, early = self._name(match, "level"), self._name(match, "early") or self._name(match, "late")
        said = [(number.end, build[-1].end) for build in [self._of(match, "build")] if build]
        end = number.end if match.end("build") == match.end() else tokens[-1].end
        shown, wanted = "", Number(number.value, level, early)
        if operator := self._before.pop("operator", None):
            clause = f"{operator[0]}{number.value}"
            return Item(TokenKind.NUMBER, clause, number.start, end, Range(clause, number.value), (*said, operator[1]))
        if (before := self._before.pop("level", None)) and not level:
            shown, wanted = f"{number.value} {before[0]}", wanted._replace(level=before[0])
            said.append(before[1])
        elif (before := self._before.pop("early", None)) and not early:
            shown, wanted = f"{number.value} {before[0]}", wanted._replace(prerelease=before[0])
            said.append(before[1])
        return Item(TokenKind.NUMBER, shown, number.start, end, wanted, tuple(said))

    def _read_before(self, match: re.Match[str]) -> Item:
        """A level, a prerelease or an operator that stands before its number."""
        item = self._filler(match)
        (what,) = (name for name, found in match.groupdict().items() if found)
        self._before[what] = (self._name(match, what), (item.start, item.end))
        return item

    def _read_compared(self, match: re.Match[str]) -> Item | None:
        """ "newer than XenServer 7.6"; a sign there is left over."""
        (operator,) = self._of(match)
        is_word = operator.end - operator.start > _LONGEST_SIGN
        names_two = operator.value == "!=" and self._items and self._items[-1].wanted
        return self._read_before(match) if is_word and not names_two else None

    def _read_lone_level(self, match: re.Match[str]) -> Item:
        """A level of the last number ("7.1 and CU2")."""
        item, level = self._filler(match), self._name(match, "level")
        last = next((item.wanted for item in reversed(self._items) if item.wanted), None)
        if isinstance(last, Number):
            return item._replace(kind=TokenKind.NUMBER, value=f"{last.text} {level}", wanted=Number(last.text, level))
        return item._replace(kind=TokenKind.UNKNOWN, value=level.lower())

    def _word_before(self) -> str:
        """The word before a number or its product's name; none where something goes from one to another."""
        near = [item for item in self._items[-3:] if item.kind not in (TokenKind.PRODUCT, TokenKind.VERSION)]
        if not near or any(item.value in OF_TWO for item in self._items):
            return ""
        return near[-1].value

    # ranges

    def _read_range(self, match: re.Match[str]) -> Item | None:
        """A range such as ">=7.0 <7.4". An operator without its number stays in, so that the whole is refused."""
        first = self._tokens[match.start() // 2]
        if first.value == "!=" and self._items and self._items[-1].wanted:
            return None  # "8.3 but not 8.2" names two
        clauses: list[str] = []
        text, end = "", first.end
        for operator, number in self._clauses(match):
            if number:
                text, end = text or number.value, number.end
                clauses.append(operator.value + number.value.replace("x", "*"))
            elif operator.end - operator.start <= _LONGEST_SIGN:  # no "newer than"
                end = operator.end
                clauses.append(operator.value)
        of_product = bool(self._items) and self._items[-1].kind is TokenKind.PRODUCT
        counts = match["measure"] is not None or (match["hosts"] is not None and text.isdecimal() and not of_product)
        if counts or not clauses or not (text or of_product):
            return Item(TokenKind.FILLER, "", first.start, end)
        specifier = ",".join(clauses) if len(clauses) <= _MOST_CLAUSES else "<"
        return Item(TokenKind.NUMBER, "", first.start, self._of(match)[-1].end, Range(specifier, text.rstrip(".*x")))

    def _read_bounds(self, match: re.Match[str]) -> Item | None:
        """The same with "and", "but" or "/" between its two bounds: ">= 7.0 and < 7.4"."""
        (joint,) = self._of(match, "joint")
        bounds = {operator.value[0]: number for operator, number in self._clauses(match) if number}
        is_both = set(bounds) >= {"<", ">"} and digits(bounds[">"].value) < digits(bounds["<"].value)
        return self._read_range(match) if joint.value in JOINING and is_both else None

    def _clauses(self, match: re.Match[str]) -> Iterator[tuple[Token, Token | None]]:
        for clause in _CLAUSES_OF.finditer(self._line, match.start(), match.end()):
            operator, *_, last = (*self._of(clause), self._of(clause)[-1])
            yield operator, last if last is not operator else None

    def _read_direction(self, match: re.Match[str]) -> Item | None:
        """A range by one word: "before 7", "until 7.2", "since version 7.1", "before XenServer 7"."""
        direction, *_ = self._of(match)
        asks_when = bool(self._items) and self._items[-1].value == "long"  # "how long until 8.2 is dead"
        last = next((item for item in reversed(self._items) if item.wanted or item.kind is TokenKind.JOINT), None)
        if asks_when or (last and last.wanted):  # in "8.2 before 8.3" both are releases
            return None
        if match["number"] is None:
            return self._read_before(match)
        (number,) = self._of(match, "number")
        clause = direction.value + number.value
        end = self._of(match)[-1].end
        return Item(TokenKind.NUMBER, clause, direction.start, end, Range(clause, number.value))


_SUFFIXES = "(?:DASH? SUFFIX)*"
_EARLY = "DASH? EARLY (?:'DASH 'INTEGER | INTEGER)?"
_LEVEL = "(?=LEVEL) (?: CC | LEVEL DASH? INTEGER)"
_BOUND = "OPERATOR VERSION? (?:NUMBER | WILDCARD)"
_CLAUSE = f"(?: {_BOUND} | OPERATOR )"
_RANGE_ENDS = f"(?: (?=(?P<measure>MEASURE)) | (?=(?P<hosts>COUNTED)) | {_SUFFIXES} )"
_Read = Callable[[_Reading, re.Match[str]], Item | None]
_RULES_IN_WORDS: tuple[tuple[str, _Read], ...] = (
    # 3 hosts, 2 TiB; 2 of our XCP-ng 8.2 hosts
    ("NUMBER (?= DASH? MEASURE | (?P<hosts>COUNTED))", _Reading._read_count),
    (
        "INTEGER (?= DASH? UNKNOWN | (?P<of>FILLER{0,5}) PRODUCT (?:NUMBER | WILDCARD | OPERATOR))",
        _Reading._read_talk,
    ),
    # 7.0-7.3; 7.0 through 7.3, from 7.0 to 7.3
    (f"(?P<first>NUMBER) (?P<joint>DASH | DOTS) (?P<last>LIKELY) (?!'OTHER) {_SUFFIXES}", _Reading._read_between),
    ("(?P<first>NUMBER) (?P<joint>DIRECTION | JOINT | FILLER) VERSION? (?P<last>LIKELY)", _Reading._read_between),
    # 8.2+, 8.2 or newer, 8.2 and below, from 8.2 on
    (
        f"NUMBER {_SUFFIXES} (?: 'PLUS (?!') | JOINT (?: LATER | DIRECTION (?!NUMBER)) | (?P<on>FILLER $ | LATER) )",
        _Reading._read_open,
    ),
    # 7.1 LTSR CU2, 8.3.0-rc1, 7.2.0-142457c; 7.x
    (
        f"NUMBER (?P<build>(?: 'DASH 'BUILD (?:'PLAIN)* )*) {_SUFFIXES} (?P<early>{_EARLY})?"
        f" (?: (?:FILLER | DASH){{0,2}} (?P<level>{_LEVEL}) )? (?: {_SUFFIXES} (?P<late>{_EARLY})? )",
        _Reading._read_version,
    ),
    (f"WILDCARD {_SUFFIXES}", _Reading._read_prefix),
    # >=7.0 and <7.4; newer than XenServer 7.6; >=7.0 <7.4
    (f"{_BOUND} (?P<joint>JOINT | FILLER) {_BOUND} {_CLAUSE}* {_RANGE_ENDS}", _Reading._read_bounds),
    ("(?P<operator>OPERATOR) (?= PRODUCT NUMBER)", _Reading._read_compared),
    (f"{_CLAUSE}+ {_RANGE_ENDS}", _Reading._read_range),
    # before XenServer 7, until 7.2
    (
        "(?P<operator>DIRECTION)"
        f" (?: (?= VERSION? PRODUCT NUMBER $) | VERSION? (?P<number>LIKELY) (?! MEASURE | COUNTED) {_SUFFIXES} )",
        _Reading._read_direction,
    ),
    # CU1 of 7.1; 7.1 and CU2; RC1 of 8.3
    (f"(?P<level>{_LEVEL}) (?= BETWEEN{{0,3}} NUMBER)", _Reading._read_before),
    (f"(?P<level>{_LEVEL})", _Reading._read_lone_level),
    (f"(?P<early>(?=EARLY) {_EARLY}) (?= BETWEEN{{0,3}} DOTTED)", _Reading._read_before),
    (f"(?=EARLY) {_EARLY}", _Reading._filler),
    # Dundee; Hypervisor 8; XO 5.98, build 12, host-3
    ("CODENAME", _Reading._read_codename),
    ("FILLER (?= VERSION? INTEGER)", _Reading._read_hypervisor),
    ("TOOL (?:DASH | VERSION)* (?:NUMBER | WILDCARD)", _Reading._read_named),
    ("LABEL DASH* INTEGER", _Reading._read_named),
    ("NAMING (?:'DASH)? 'INTEGER", _Reading._read_named),
    # Debian 12 VMs; XO on Debian 12
    ("PLATFORM (?: NUMBER GUEST | (?=GUEST))", _Reading._filler),
    ("PLATFORM NUMBER?", _Reading._read_home),
)
"""What makes an item, the longer before the shorter. A word is a token of that kind; ' says that it is glued."""
_ALONE = {TokenKind.PLUS: TokenKind.JOINT} | dict.fromkeys(
    (kind for kind in TokenKind if _LETTERS[kind] in _letters(_TURNED)), TokenKind.FILLER
)
"""What a token is by itself: many words mean something beside a number only."""


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
