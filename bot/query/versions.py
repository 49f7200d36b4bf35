"""Tokens of a part grown into items: a word, or several that make a version, a range or a build number."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bot.matrix.release import Product
from bot.query.days import Span
from bot.query.spellings import Between, Codename, Number, Prefix, Range, Wanted, digits
from bot.query.tokens import Token
from bot.query.words import JOINING, OF_TWO, TokenKind

_SIGNS = {TokenKind.DASH, TokenKind.DOTS, TokenKind.PLUS, TokenKind.JOINT, TokenKind.OPERATOR}
_BEHIND_GLUED = _SIGNS | {TokenKind.SUFFIX}
"""What may touch the last number of a range; other letters make it a build number."""
_FROM = frozenset({"from", "von", "de", "desde", "da", "del"})
_TO = frozenset({"to", "bis", "a", "al", "au"})
_MOST_DIGITS = 2
"""No release has more before its first dot."""


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

    def _is(self, kind: TokenKind, ahead: int = 0) -> bool:
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
        return last.kind is TokenKind.NUMBER and not glued and is_above and self._looks_like_release(last.value)

    def _last_in_words(self, first: Token) -> Token | None:
        """The last number of "7.0 through 7.3", "from 7.0 to 7.3", "between 7.0 and 7.3"; "7.0 to 7.3" is two."""
        joint, last = self._peek(), self._peek(1 + self._is(TokenKind.VERSION, 1))
        if not joint or not last or last.kind is not TokenKind.NUMBER or not self._looks_like_release(last.value):
            return None
        before = self._word_before()
        is_range = (
            (joint.kind is TokenKind.DIRECTION and joint.value == "<=")
            or joint.value in ("through", "thru")
            or (before in _FROM and joint.value in _TO)
            or (before == "between" and joint.value in JOINING)
        )
        return last if is_range and digits(last.value) > digits(first.value) else None

    def _word_before(self) -> str:
        """The word before a number or its product's name; none where something goes from one to another."""
        near = [item for item in self._items[-3:] if item.kind not in (TokenKind.PRODUCT, TokenKind.VERSION)]
        if not near or any(item.value in OF_TWO for item in self._items):
            return ""
        return near[-1].value

    def _has_no_version_yet(self) -> bool:
        """Whether no version stands in this stretch: in "8.2 before 8.3" both are releases."""
        last = next((item for item in reversed(self._items) if item.wanted or item.kind is TokenKind.JOINT), None)
        return last is None or last.kind is TokenKind.JOINT

    def _skip_suffixes(self, end: int) -> int:
        """Passes LTS and its like; the end of the last one."""
        while (token := self._peek(ahead := int(self._is(TokenKind.DASH)))) and token.kind is TokenKind.SUFFIX:
            self._at += ahead + 1
            end = token.end
        return end

    def _skip_prerelease(self, end: int) -> tuple[str, int]:
        """Passes "RC1", "-beta", "preview 2" behind a number; their name and end."""
        ahead = int(self._is(TokenKind.DASH))
        token = self._peek(ahead)
        if token is None or token.kind is not TokenKind.EARLY:
            return "", end
        self._at += ahead + 1
        ahead = int(self._is(TokenKind.DASH))
        number = self._peek(ahead)
        if number and number.kind is TokenKind.NUMBER and number.value.isdecimal() and number.start - token.end <= 1:
            self._at += ahead + 1
            return f"{token.value}{number.value}", number.end
        return token.value, token.end

    def _skip_builds(self, number: Token) -> int:
        """Passes the build glued to a number by a dash ("7.6.0-150000", "7.2.0-142457c", "8.2.1-20231130"); its end."""
        end = number.end
        while (dash := self._peek()) and dash.kind is TokenKind.DASH and dash.start == end:
            build = self._peek(1)
            if not build or build.kind is not TokenKind.NUMBER or build.start != dash.end:
                break
            if "." in build.value and self._looks_like_release(build.value):
                break
            self._at += 2
            end = build.end
            while (letters := self._peek()) and letters.start == end and letters.kind not in _SIGNS:
                self._at += 1
                end = letters.end
        return end


_MOST_CLAUSES = 20
_BETWEEN_NUMBER_AND_LEVEL = 2
_NAMING = {TokenKind.FILLER, TokenKind.TALK, TokenKind.COUNTED, TokenKind.GUEST, TokenKind.UNKNOWN}
"""With a number glued to them they are the name of some machine: host-3, lab2."""
_TURNED = {TokenKind.LATER, TokenKind.OPERATOR, TokenKind.EARLY, TokenKind.SUFFIX, TokenKind.LEVEL, TokenKind.LABEL,
           TokenKind.GUEST, TokenKind.MEASURE, TokenKind.COUNTED, TokenKind.TALK}  # fmt: skip
"""Words that mean something beside a number only; elsewhere they are filler."""

_LONGEST_SIGN = 3
_PLACED = (TokenKind.NUMBER, TokenKind.JOINT)
TOOLS = (TokenKind.TOOL, TokenKind.XEN_ORCHESTRA)


def items(tokens: Sequence[Token], is_number: Callable[[str], bool]) -> list[Item]:
    """The items of a part. Versions are of kind NUMBER; signs between words are gone.

    `is_number`: whether any product has a release of a number.
    """
    return _Reading(tokens, is_number).items()


class _Reading(Cursor):
    """Goes through the tokens once. Each `_read_*` returns the item and moves on behind it."""

    def __init__(self, tokens: Sequence[Token], is_number: Callable[[str], bool]) -> None:
        super().__init__(tokens, is_number)
        self._level = ""  # named before its number: "CU1 of 7.1"
        self._early = ""  # the same: "RC1 of 8.3"
        self._operator = ""  # the same: "newer than XenServer 7.6"
        self._said: Span = (0, 0)  # where one of them stands

    def items(self) -> list[Item]:
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if item := self._read(token):
                self._items.append(item)
        return self._items

    def _read(self, token: Token) -> Item | None:
        match token.kind:
            case TokenKind.NUMBER:
                return self._read_number(token)
            case TokenKind.WILDCARD:
                self._at += 1
                prefix = token.value.rpartition(".")[0]
                return Item(TokenKind.NUMBER, "", token.start, self._skip_suffixes(token.end), Prefix(prefix))
            case TokenKind.OPERATOR if token.value == "!=" and self._items and self._items[-1].wanted:
                return self._read_word(token)  # "8.3 but not 8.2" names two
            case TokenKind.OPERATOR:
                return self._read_range(token)
            case TokenKind.DIRECTION:
                return self._read_direction(token)
            case TokenKind.LEVEL:
                return self._read_lone_level(token)
            case TokenKind.EARLY:
                return self._read_lone_prerelease(token)
            case TokenKind.CODENAME:
                self._at += 1
                return Item(TokenKind.CODENAME, token.value, token.start, token.end, Codename(token.value))
            case TokenKind.DASH | TokenKind.DOTS | TokenKind.PLUS:
                self._at += 1
                return Item(TokenKind.JOINT, "", token.start, token.end) if token.kind is TokenKind.PLUS else None
            case _:
                return self._read_word(token)

    # words

    def _read_word(self, token: Token) -> Item:
        self._at += 1
        number = self._peek(int(self._is(TokenKind.VERSION)))
        if token.value == "hypervisor" and number and number.value.isdecimal() and not self._is_behind_name():
            return Item(TokenKind.PRODUCT, Product.XENSERVER, token.start, token.end)
        end = self._own_number(token)
        if token.kind is TokenKind.PLATFORM and self._is_guests():
            return Item(TokenKind.FILLER, "", token.start, end)
        if end != token.end and token.kind not in (TokenKind.UNKNOWN, *TOOLS):
            return Item(TokenKind.FILLER, "", token.start, end)
        kind = TokenKind.FILLER if token.kind in _TURNED else token.kind
        return Item(kind, token.value, token.start, end)

    def _is_behind_name(self) -> bool:
        return bool(self._items) and self._items[-1].kind in (TokenKind.PRODUCT, TokenKind.PLATFORM)

    def _own_number(self, token: Token) -> int:
        """Passes a number that belongs to the word before it ("XO 5.98", "build 12", "host-3"); the new end."""
        ahead = 0
        while self._is(TokenKind.DASH, ahead) or (token.kind in TOOLS and self._is(TokenKind.VERSION, ahead)):
            ahead += 1
        number = self._peek(ahead)
        if number is None or number.kind not in (TokenKind.NUMBER, TokenKind.WILDCARD):
            return token.end
        whole = number.value.isdecimal()
        glued = whole and number.start - token.end == ahead <= 1
        names_machine = glued and (token.kind in _NAMING or token.value == "r")  # r740 is no version 740
        if token.kind in TOOLS or (token.kind is TokenKind.LABEL and whole) or names_machine:
            self._at += ahead + 1
            return number.end
        return token.end

    def _is_guests(self) -> bool:
        """Whether a platform is what runs on the hosts: "Debian VMs", "Debian 12 guests"."""
        if self._is(TokenKind.NUMBER) and self._is(TokenKind.GUEST, 1):
            self._at += 2
            return True
        return self._is(TokenKind.GUEST)

    # numbers

    def _read_number(self, token: Token) -> Item | None:
        self._at += 1
        build: tuple[Span, ...] = ()
        if self._is_counted(token):
            self._at += 1
            return Item(TokenKind.FILLER, "", token.start, token.end)
        if self._is(TokenKind.DASH) or self._is(TokenKind.DOTS):
            last = self._peek(1)
            if last and self._is_last_of_range(token, last):
                self._at += 2
                end = self._skip_suffixes(last.end)
                return Item(TokenKind.NUMBER, "", token.start, end, Between(token.value, last.value))
            build = ((token.end, self._skip_builds(token)),)
        if last := self._last_in_words(token):
            self._at += 2 + self._is(TokenKind.VERSION, 1)
            between = Between(token.value, last.value)
            return Item(TokenKind.NUMBER, f"{token.value}-{last.value}", token.start, last.end, between)
        end = self._skip_suffixes(token.end)
        if operator := self._open_end(end):
            end = self._tokens[self._at - 1].end
            value = operator + token.value
            shown = value if self._word_before() == "from" else ""
            return Item(TokenKind.NUMBER, shown, token.start, end, Range(value, token.value))
        prerelease, end = self._skip_prerelease(end)
        level, end = self._read_level(end)
        if not prerelease:
            prerelease, end = self._skip_prerelease(self._skip_suffixes(end))
        item = self._with_what_was_before(token, level, prerelease, end)
        return item._replace(said=(*item.said, *build))

    def _with_what_was_before(self, number: Token, level: str, prerelease: str, end: int) -> Item:
        """A number with the level, the prerelease or the operator that was named before it."""
        said_level, self._level = self._level, ""
        operator, self._operator = self._operator, ""
        if operator:
            clause = f"{operator}{number.value}"
            return Item(TokenKind.NUMBER, clause, number.start, end, Range(clause, number.value), (self._said,))
        if said_level and not level:
            text, wanted = f"{number.value} {said_level}", Number(number.value, said_level, prerelease)
            return Item(TokenKind.NUMBER, text, number.start, end, wanted, (self._said,))
        said_early, self._early = self._early, ""
        if said_early and not prerelease:
            text, wanted = f"{number.value} {said_early}", Number(number.value, level, said_early)
            return Item(TokenKind.NUMBER, text, number.start, end, wanted, (self._said,))
        return Item(TokenKind.NUMBER, "", number.start, end, Number(number.value, level, prerelease))

    def _is_counted(self, number: Token) -> bool:
        """Whether a number counts or measures ("3 hosts", "2 TiB") and is no release. "XenServer 8 hosts" are of 8."""
        before = self._items[-1].kind if self._items else None
        if before is TokenKind.PRODUCT and self._is_release(number.value):
            return False
        if self._is(TokenKind.MEASURE) or (self._is(TokenKind.DASH) and self._is(TokenKind.MEASURE, 1)):
            return True
        return (
            self._is(TokenKind.COUNTED)
            and number.value.isdecimal()
            and before not in (TokenKind.PRODUCT, TokenKind.VERSION)
        )

    def _open_end(self, end: int) -> str:
        """Passes "+" or "or newer" behind a number; the operator that it stands for."""
        plus = self._peek()
        behind = self._peek(1)
        if plus and plus.kind is TokenKind.PLUS and plus.start == end and (behind is None or behind.start > plus.end):
            self._at += 1
            return ">="
        if self._is(TokenKind.JOINT) and behind and behind.kind is TokenKind.LATER:
            self._at += 2
            return behind.value
        if (
            self._is(TokenKind.JOINT)
            and behind
            and behind.kind is TokenKind.DIRECTION
            and not self._is(TokenKind.NUMBER, 2)
        ):
            self._at += 2
            return behind.value[0] + "="
        if (
            self._word_before() == "from"
            and plus
            and ((plus.value == "on" and not behind) or plus.kind is TokenKind.LATER)
        ):
            self._at += 1
            return ">="
        return ""

    def _read_level(self, end: int) -> tuple[str, int]:
        """Passes "CU1", "Service Pack 1", "with CU2" behind a number; the level and its end."""
        ahead = 0
        while ahead < _BETWEEN_NUMBER_AND_LEVEL and (
            self._is(TokenKind.FILLER, ahead) or self._is(TokenKind.DASH, ahead)
        ):
            ahead += 1
        token = self._peek(ahead)
        if not token or token.kind is not TokenKind.LEVEL:
            return "", end
        if token.value == "CC":
            self._at += ahead + 1
            return token.value, token.end
        ahead += self._is(TokenKind.DASH, ahead + 1)
        number = self._peek(ahead + 1)
        if not number or number.kind is not TokenKind.NUMBER or not number.value.isdecimal():
            return "", end
        self._at += ahead + 2
        return f"{token.value}{number.value}", number.end

    def _read_lone_level(self, token: Token) -> Item | None:
        """A level with no number before it: of the number that follows ("CU1 of 7.1"), else of the last ("and CU2")."""
        start, last = token.start, next((item for item in reversed(self._items) if item.wanted), None)
        level, end = self._read_level(token.end)
        if not level:
            self._at += 1
            return Item(TokenKind.FILLER, "", start, token.end)
        follows = next((t for t in self._tokens[self._at : self._at + 4] if t.kind in _PLACED), None)
        if follows and follows.kind is TokenKind.NUMBER:
            self._level, self._said = level, (start, end)
            return Item(TokenKind.FILLER, "", start, end)
        if last and isinstance(last.wanted, Number):
            number = Number(last.wanted.text, level)
            return Item(TokenKind.NUMBER, f"{number.text} {level}", start, end, number)
        return Item(TokenKind.UNKNOWN, level.lower(), start, end)

    def _read_lone_prerelease(self, token: Token) -> Item:
        """A prerelease with no number before it: of the number that follows ("RC1 of 8.3")."""
        name, end = self._skip_prerelease(token.end)
        ahead = next((t for t in self._tokens[self._at : self._at + 4] if t.kind in _PLACED), None)
        if ahead and ahead.kind is TokenKind.NUMBER and "." in ahead.value:
            self._early, self._said = name, (token.start, end)
        return Item(TokenKind.FILLER, "", token.start, end)

    # ranges

    def _read_range(self, first: Token) -> Item | None:
        """A range such as ">=7.0,<7.4". An operator without its number stays in, so that the whole is refused."""
        clauses: list[str] = []
        text, end = "", first.end
        while token := self._peek():
            if clauses and self._joins_upper_bound(token, clauses[-1]):
                self._at += 1
                continue
            if token.kind is not TokenKind.OPERATOR:
                break
            self._at += 1
            ahead = int(self._is(TokenKind.VERSION))
            number = self._peek(ahead)
            if number and number.kind in (TokenKind.NUMBER, TokenKind.WILDCARD):
                self._at += ahead + 1
                text, end = text or number.value, number.end
                clauses.append(token.value + number.value.replace("x", "*"))
            elif token.end - token.start <= _LONGEST_SIGN:  # no "newer than"
                clauses.append(token.value)
                end = token.end
        if not clauses and self._is(TokenKind.PRODUCT) and self._is(TokenKind.NUMBER, 1):
            self._operator, self._said = first.value, (first.start, first.end)
        of_product = bool(self._items) and self._items[-1].kind is TokenKind.PRODUCT
        counts = self._is(TokenKind.MEASURE) or (self._is(TokenKind.COUNTED) and text.isdecimal() and not of_product)
        if counts or not clauses or not (text or of_product):
            return Item(TokenKind.FILLER, "", first.start, end)
        specifier = ",".join(clauses[: _MOST_CLAUSES + 1]) if len(clauses) <= _MOST_CLAUSES else "<"
        return Item(TokenKind.NUMBER, "", first.start, self._skip_suffixes(end), Range(specifier, text.rstrip(".*x")))

    def _joins_upper_bound(self, joint: Token, clause: str) -> bool:
        """Whether "and", "but" or "/" stands between the two bounds of a range: ">= 7.0 and < 7.4"."""
        other = self._peek(1)
        number = self._peek(2 + self._is(TokenKind.VERSION, 2))
        if joint.value not in JOINING or not other or not number or other.kind is not TokenKind.OPERATOR:
            return False
        bounds = {clause[0]: clause.lstrip("<>="), other.value[0]: number.value}
        return set(bounds) == {"<", ">"} and digits(bounds[">"]) < digits(bounds["<"])

    def _read_direction(self, token: Token) -> Item:
        """A range by one word: "before 7", "until 7.2", "since version 7.1". Filler if no release's number follows."""
        self._at += 1
        ahead = int(self._is(TokenKind.VERSION))
        number = self._peek(ahead)
        filler = Item(TokenKind.FILLER, "", token.start, token.end)
        asks_when = bool(self._items) and self._items[-1].value == "long"  # "how long until 8.2 is dead"
        if not number or asks_when or not self._has_no_version_yet():
            return filler
        ends_with_number = self._is(TokenKind.NUMBER, ahead + 1) and not self._peek(ahead + 2)
        if number.kind is TokenKind.PRODUCT and ends_with_number:  # "since XCP-ng 8.2 is dead" is about that one
            self._operator, self._said = token.value, (token.start, token.end)
        if number.kind is not TokenKind.NUMBER or not self._looks_like_release(number.value):
            return filler
        if self._is(TokenKind.MEASURE, ahead + 1) or self._is(TokenKind.COUNTED, ahead + 1):
            return filler
        self._at += ahead + 1
        wanted = Range(token.value + number.value, number.value)
        return Item(TokenKind.NUMBER, token.value + number.value, token.start, self._skip_suffixes(number.end), wanted)
