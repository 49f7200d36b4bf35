"""What a question's answer does not account for: every piece is used, is courtesy or grammar, or is named here."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.query.days import Span
from bot.query.text import shown
from bot.query.tokens import Token
from bot.query.words import TokenKind

_COURTESY = frozenset(
    {TokenKind.FILLER, TokenKind.JOINT, TokenKind.VERSION, TokenKind.DIRECTION, TokenKind.LATER, TokenKind.SUFFIX}
    | {TokenKind.COUNTED, TokenKind.GUEST, TokenKind.LABEL, TokenKind.MEASURE, TokenKind.XEN_ORCHESTRA}
    | {TokenKind.DASH, TokenKind.DOTS, TokenKind.PLUS, TokenKind.COMMA}
)
"""What needs not be used; all of these name something only beside a number."""
_BEFORE_NUMBER = frozenset({TokenKind.LABEL, TokenKind.XEN_ORCHESTRA, TokenKind.VERSION, TokenKind.DASH})
_BEHIND_NUMBER = frozenset({TokenKind.MEASURE, TokenKind.COUNTED, TokenKind.GUEST})
_FOREIGN = frozenset(
    {TokenKind.TOOL, TokenKind.XEN_ORCHESTRA, TokenKind.LABEL, TokenKind.UNKNOWN, TokenKind.PLATFORM, TokenKind.TALK}
)
"""A number behind one of these is a version of something else."""
_PARTING = frozenset(",;\n()[]{}")


class Leftover(NamedTuple):
    """The pieces that nothing used, as typed; `has_version` says that one of them is a version or a range of ours."""

    pieces: tuple[str, ...] = ()
    has_version: bool = False


def leftover(text: str, tokens: Sequence[Token], used: Iterable[Span], dates: Iterable[Span]) -> Leftover:
    """What is left of a text; `dates` are those that nobody asked about."""
    is_used = bytearray(len(text) + 1)
    for start, end in used:
        is_used[start:end] = b"\1" * (end - start)
    every = sorted([*tokens, *(Token(TokenKind.TALK, "", *date) for date in dates)], key=lambda token: token.start)
    left = [at for at, token in enumerate(every) if not is_used[token.start] and token.kind not in _COURTESY]
    pieces: list[Span] = []
    has_version = False
    last = -2
    for at in left:
        start, end = every[at].start, every[at].end
        if every[at].kind in (TokenKind.NUMBER, TokenKind.WILDCARD):
            before, behind = every[at - 1] if at else None, every[at + 1] if at + 1 < len(every) else None
            has_version |= "." in every[at].value and (before is None or before.kind not in _FOREIGN | _BEFORE_NUMBER)
            if before and before.kind in _BEFORE_NUMBER and not is_used[before.start]:
                start = before.start
            if behind and behind.kind is TokenKind.DASH and at + 2 < len(every):
                behind = every[at + 2]  # "64-bit"
            if behind and behind.kind in _BEHIND_NUMBER and not is_used[behind.start]:
                end = behind.end
        has_version |= every[at].kind is TokenKind.OPERATOR and not every[at].value.isalpha()
        if (
            pieces
            and at - last <= 2
            and _PARTING.isdisjoint(text[pieces[-1][1] : start])
            and not any(is_used[pieces[-1][1] : start])
        ):
            pieces[-1] = (pieces[-1][0], max(end, pieces[-1][1]))
        else:
            pieces.append((start, end))
        last = at
    return Leftover(tuple(dict.fromkeys(shown(text[start:end], 80) for start, end in pieces)), has_version)
