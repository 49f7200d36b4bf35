"""Puts tokens together: a number with its level, a range, a number that counts something and is no release."""

from collections.abc import Callable, Sequence

from bot.query.cursor import Cursor, Item
from bot.query.tokens import Token
from bot.query.wanted import Between, Codename, Number, Prefix, Range
from bot.query.words import JOINING, Kind

_MOST_CLAUSES = 20
_BETWEEN_NUMBER_AND_LEVEL = 2
_NAMING = {Kind.FILLER, Kind.COUNTED, Kind.GUEST, Kind.UNKNOWN}
"""With a number glued to them they are the name of some machine: host-3, lab2."""
_TURNED = {Kind.LATER, Kind.OPERATOR, Kind.EARLY, Kind.SUFFIX, Kind.LEVEL, Kind.LABEL, Kind.GUEST,
           Kind.MEASURE, Kind.COUNTED}  # fmt: skip
"""Words that mean something beside a number only; elsewhere they are filler."""

_LONGEST_SIGN = 3


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
        self._operator = ""  # the same: "newer than XenServer 7.6"

    def items(self) -> list[Item]:
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if item := self._read(token):
                self._items.append(item)
        return self._items

    def _read(self, token: Token) -> Item | None:
        match token.kind:
            case Kind.NUMBER:
                return self._read_number(token)
            case Kind.WILDCARD:
                self._at += 1
                prefix = token.value.rpartition(".")[0]
                return Item(Kind.NUMBER, "", token.start, self._skip_suffixes(token.end), Prefix(prefix))
            case Kind.OPERATOR:
                return self._read_range(token)
            case Kind.DIRECTION:
                return self._read_direction(token)
            case Kind.LEVEL:
                return self._read_lone_level(token)
            case Kind.CODENAME:
                self._at += 1
                return Item(Kind.CODENAME, token.value, token.start, token.end, Codename(token.value))
            case Kind.DASH | Kind.DOTS | Kind.PLUS | Kind.COMMA:
                self._at += 1
                return Item(Kind.JOINT, "", token.start, token.end) if token.kind is Kind.PLUS else None
            case _:
                return self._read_word(token)

    # words

    def _read_word(self, token: Token) -> Item:
        self._at += 1
        end = self._own_number(token)
        if token.kind is Kind.PLATFORM and self._is_guests():
            return Item(Kind.FILLER, "", token.start, end)
        if end != token.end and token.kind not in (Kind.UNKNOWN, Kind.TOOL):
            return Item(Kind.FILLER, "", token.start, end)
        kind = Kind.FILLER if token.kind in _TURNED else token.kind
        return Item(kind, token.value, token.start, end)

    def _own_number(self, token: Token) -> int:
        """Passes a number that belongs to the word before it ("XO 5.98", "build 12", "host-3"); the new end."""
        ahead = 0
        while self._is(Kind.DASH, ahead) or (token.kind is Kind.TOOL and self._is(Kind.VERSION, ahead)):
            ahead += 1
        number = self._peek(ahead)
        if number is None or number.kind not in (Kind.NUMBER, Kind.WILDCARD):
            return token.end
        whole = number.value.isdecimal()
        glued = whole and number.start - token.end == ahead <= 1
        if token.kind is Kind.TOOL or (token.kind is Kind.LABEL and whole) or (token.kind in _NAMING and glued):
            self._at += ahead + 1
            return number.end
        return token.end

    def _is_guests(self) -> bool:
        """Whether a platform is what runs on the hosts: "Debian VMs", "Debian 12 guests"."""
        if self._is(Kind.NUMBER) and self._is(Kind.GUEST, 1):
            self._at += 2
            return True
        return self._is(Kind.GUEST)

    # numbers

    def _read_number(self, token: Token) -> Item | None:
        self._at += 1
        if self._is_counted(token):
            self._at += 1
            return Item(Kind.FILLER, "", token.start, token.end)
        if self._is(Kind.DASH) or self._is(Kind.DOTS):
            last = self._peek(1)
            if last and self._is_last_of_range(token, last):
                self._at += 2
                end = self._skip_suffixes(last.end)
                return Item(Kind.NUMBER, "", token.start, end, Between(token.value, last.value))
            self._skip_builds(token)
        if last := self._last_in_words(token):
            self._at += 2
            between = Between(token.value, last.value)
            return Item(Kind.NUMBER, f"{token.value}-{last.value}", token.start, last.end, between)
        end = self._skip_suffixes(token.end)
        if operator := self._open_end(end):
            end = self._tokens[self._at - 1].end
            value = operator + token.value
            told = value if self._word_before() == "from" else ""
            return Item(Kind.NUMBER, told, token.start, end, Range(value, token.value))
        level, end = self._read_level(end)
        return self._with_what_was_before(token, level, self._skip_suffixes(end))

    def _with_what_was_before(self, number: Token, level: str, end: int) -> Item:
        """A number with the level or the operator that was named before it."""
        said_level, self._level = self._level, ""
        operator, self._operator = self._operator, ""
        if operator:
            clause = f"{operator}{number.value}"
            return Item(Kind.NUMBER, clause, number.start, end, Range(clause, number.value))
        if said_level and not level:
            return Item(
                Kind.NUMBER, f"{number.value} {said_level}", number.start, end, Number(number.value, said_level)
            )
        return Item(Kind.NUMBER, "", number.start, end, Number(number.value, level))

    def _is_counted(self, number: Token) -> bool:
        """Whether a number counts or measures ("3 hosts", "2 TiB") and is no release. "XenServer 8 hosts" are of 8."""
        if self._is(Kind.MEASURE):
            return True
        before = self._items[-1].kind if self._items else None
        return self._is(Kind.COUNTED) and number.value.isdecimal() and before not in (Kind.PRODUCT, Kind.VERSION)

    def _open_end(self, end: int) -> str:
        """Passes "+" or "or newer" behind a number; the operator that it stands for."""
        plus = self._peek()
        behind = self._peek(1)
        if plus and plus.kind is Kind.PLUS and plus.start == end and (behind is None or behind.start > plus.end):
            self._at += 1
            return ">="
        if self._is(Kind.JOINT) and behind and behind.kind is Kind.LATER:
            self._at += 2
            return behind.value
        if self._is(Kind.JOINT) and behind and behind.kind is Kind.DIRECTION and not self._is(Kind.NUMBER, 2):
            self._at += 2
            return behind.value[0] + "="
        if self._word_before() == "from" and plus and ((plus.value == "on" and not behind) or plus.kind is Kind.LATER):
            self._at += 1
            return ">="
        return ""

    def _read_level(self, end: int) -> tuple[str, int]:
        """Passes "CU1", "Service Pack 1", "with CU2" behind a number; the level and its end."""
        ahead = 0
        while ahead < _BETWEEN_NUMBER_AND_LEVEL and (self._is(Kind.FILLER, ahead) or self._is(Kind.DASH, ahead)):
            ahead += 1
        token = self._peek(ahead)
        if not token or token.kind is not Kind.LEVEL:
            return "", end
        if token.value == "CC":
            self._at += ahead + 1
            return token.value, token.end
        ahead += self._is(Kind.DASH, ahead + 1)
        number = self._peek(ahead + 1)
        if not number or number.kind is not Kind.NUMBER or not number.value.isdecimal():
            return "", end
        self._at += ahead + 2
        return f"{token.value}{number.value}", number.end

    def _read_lone_level(self, token: Token) -> Item | None:
        """A level with no number before it: of the number that follows ("CU1 of 7.1"), else of the last ("and CU2")."""
        start, last = token.start, next((item for item in reversed(self._items) if item.wanted), None)
        level, end = self._read_level(token.end)
        if not level:
            self._at += 1
            return Item(Kind.FILLER, "", start, token.end)
        follows = next((t for t in self._tokens[self._at : self._at + 4] if t.kind in (Kind.NUMBER, Kind.JOINT)), None)
        if follows and follows.kind is Kind.NUMBER:
            self._level = level
            return Item(Kind.FILLER, "", start, end)
        if last and isinstance(last.wanted, Number):
            number = Number(last.wanted.text, level)
            return Item(Kind.NUMBER, f"{number.text} {level}", start, end, number)
        return Item(Kind.UNKNOWN, level.lower(), start, end)

    # ranges

    def _read_range(self, first: Token) -> Item | None:
        """A range such as ">=7.0,<7.4". An operator without its number stays in, so that the whole is refused."""
        clauses: list[str] = []
        text, end = "", first.end
        while token := self._peek():
            if clauses and self._joins_upper_bound(token, clauses[-1]):
                self._at += 1
                continue
            if token.kind not in (Kind.OPERATOR, Kind.COMMA):
                break
            self._at += 1
            if token.kind is Kind.COMMA:
                continue
            number = self._peek()
            if number and number.kind in (Kind.NUMBER, Kind.WILDCARD):
                self._at += 1
                text, end = text or number.value, number.end
                clauses.append(token.value + number.value.replace("x", "*"))
            elif token.end - token.start <= _LONGEST_SIGN:  # no "newer than"
                clauses.append(token.value)
                end = token.end
        if not clauses and self._is(Kind.PRODUCT) and self._is(Kind.NUMBER, 1):
            self._operator = first.value
        of_product = bool(self._items) and self._items[-1].kind is Kind.PRODUCT
        counts = self._is(Kind.MEASURE) or (self._is(Kind.COUNTED) and text.isdecimal() and not of_product)
        if counts or not clauses or not (text or of_product):
            return Item(Kind.FILLER, "", first.start, end)
        specifier = ",".join(clauses[: _MOST_CLAUSES + 1]) if len(clauses) <= _MOST_CLAUSES else "<"
        return Item(Kind.NUMBER, "", first.start, self._skip_suffixes(end), Range(specifier, text.rstrip(".*x")))

    def _joins_upper_bound(self, joint: Token, clause: str) -> bool:
        """Whether "and", "&" or "/" stands between a lower bound and an upper one: ">= 7.0 and < 7.4"."""
        upper, number = self._peek(1), self._peek(2)
        if joint.kind is not Kind.JOINT or joint.value not in JOINING or not upper or not number:
            return False
        bounds = upper.kind is Kind.OPERATOR and clause[0] == ">" and upper.value[0] == "<"
        return bounds and clause[-1].isdecimal() and number.kind is Kind.NUMBER

    def _read_direction(self, token: Token) -> Item:
        """A range by one word: "before 7", "until 7.2", "since version 7.1". Filler if no release's number follows."""
        self._at += 1
        ahead = int(self._is(Kind.VERSION))
        number = self._peek(ahead)
        filler = Item(Kind.FILLER, "", token.start, token.end)
        asks_when = bool(self._items) and self._items[-1].value == "long"  # "how long until 8.2 is dead"
        if not number or asks_when or not self._has_no_version_yet():
            return filler
        ends_with_number = self._is(Kind.NUMBER, ahead + 1) and not self._peek(ahead + 2)
        if number.kind is Kind.PRODUCT and ends_with_number:  # "since XCP-ng 8.2 is dead" is about that one
            self._operator = token.value
        if number.kind is not Kind.NUMBER or not self._looks_like_release(number.value):
            return filler
        if self._is(Kind.MEASURE, ahead + 1) or self._is(Kind.COUNTED, ahead + 1):
            return filler
        self._at += ahead + 1
        wanted = Range(token.value + number.value, number.value)
        return Item(Kind.NUMBER, token.value + number.value, token.start, self._skip_suffixes(number.end), wanted)
