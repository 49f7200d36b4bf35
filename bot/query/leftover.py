"""What a question's answer does not account for: every piece is used, is courtesy or grammar, or is named here."""

from collections.abc import Iterable, Sequence

from bot.query.tokens import Token
from bot.query.words import TokenKind
from bot.text import Span, shown


def _kinds(names: str) -> frozenset[TokenKind]:
    return frozenset(TokenKind[name] for name in names.split())


_COURTESY = _kinds(
    "FILLER JOINT VERSION DIRECTION LATER SUFFIX COUNTED GUEST LABEL MEASURE XEN_ORCHESTRA DASH DOTS PLUS"
)
"""What needs not be used; all of these name something only beside a number."""
_BEFORE_NUMBER = _kinds("LABEL XEN_ORCHESTRA VERSION DASH")
_BEHIND_NUMBER = _kinds("MEASURE COUNTED GUEST")
_FOREIGN = _kinds("TOOL XEN_ORCHESTRA LABEL UNKNOWN PLATFORM TALK")
"""A number behind one of these is a version of something else."""
_PARTING = frozenset(",;\n()[]{}")
_STOPS = frozenset(".:!?'\"-/")
_PIECE_SHOWN = 80
"""Characters of a piece that are shown."""


def leftover(text: str, tokens: Sequence[Token], used: Iterable[Span], dates: Iterable[Span]) -> tuple[list[str], bool]:
    """The pieces of a text that nothing used, as typed, and whether one of them is a version or a range of ours.

    `dates` are those that nobody asked about.
    """
    is_used = bytearray(len(text) + 1)
    for start, end in used:
        is_used[start:end] = b"\1" * (end - start)
    every = sorted([*tokens, *(Token(TokenKind.TALK, "", *date) for date in dates)], key=lambda token: token.start)
    pieces: list[Span] = []
    has_version, last = False, -2
    for at, token in enumerate(every):
        if is_used[token.start] or (token.kind in _COURTESY and not _ends_name(every, at)):
            continue
        start, end = _whole(text, token, is_used)
        before, behind = every[at - 1 : at], every[at + 1 : at + 2]
        goes_on, last = at - last <= 2, at
        if token.kind in (TokenKind.NUMBER, TokenKind.WILDCARD):
            if before and before[0].kind in _BEFORE_NUMBER and not is_used[before[0].start]:
                start = min(start, before[0].start)
            if behind and behind[0].kind in _BEHIND_NUMBER and not is_used[behind[0].start]:
                end, last = max(end, behind[0].end), at + 1
            is_foreign = last > at or (before and before[0].kind in _FOREIGN | _BEFORE_NUMBER)
            has_version |= "." in token.value and not is_foreign
        has_version |= token.kind is TokenKind.OPERATOR and not token.value.isalpha()
        between = range(pieces[-1][1], start) if pieces else range(0)
        goes_on = goes_on and not any(text[place] in _PARTING or is_used[place] for place in between)
        if pieces and (goes_on or start <= pieces[-1][1]):
            pieces[-1] = (pieces[-1][0], max(end, pieces[-1][1]))
        else:
            pieces.append((start, end))
    return [*dict.fromkeys(shown(text[start:end], _PIECE_SHOWN) for start, end in pieces)], has_version


def _ends_name(tokens: Sequence[Token], at: int) -> bool:
    """Whether a letter is the end of a name: "lab-a"."""
    token, before = tokens[at], tokens[at - 1] if at else None
    glued = before is not None and before.kind is TokenKind.DASH and before.end == token.start
    return glued and token.kind is TokenKind.FILLER and token.end - token.start == 1


def _whole(text: str, token: Token, is_used: bytearray) -> Span:
    """Where a token stands with all that is glued to it: "xen-host-7", "x-9000"."""
    start, end = token.start, token.end
    first, last = max(0, start - _PIECE_SHOWN), min(len(text), end + _PIECE_SHOWN)
    while start > first and not (text[start - 1].isspace() or text[start - 1] in _PARTING or is_used[start - 1]):
        start -= 1
    while end < last and not (text[end].isspace() or text[end] in _PARTING or is_used[end]):
        end += 1
    while end > token.end and text[end - 1] in _STOPS:
        end -= 1
    while start < token.start and text[start] in _STOPS:
        start += 1
    return start, end
