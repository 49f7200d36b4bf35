"""What is seen to be wrong with a secret in a variable, without showing it: how it was set there, or copied."""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

QUOTES = "\"'`‘’‚“”„«»"

_OF_SLACK = re.compile(r"xapp-|xox[a-z](?:\.xox[a-z])?-")


class SecretMistake(NamedTuple):
    """What is wrong with a variable's value, and what to do; it never shows the value."""

    what: str
    mend: str


def is_quoted(value: str) -> bool:
    """Whether a variable's value begins with a quote, as none of ours does: `docker --env-file` and many platforms take
    quotes for a part of it."""
    return value.strip()[:1] in tuple(QUOTES)


def token_mistakes(variable: str, value: str, has_blanks: bool = False) -> Iterator[SecretMistake]:
    """All that is wrong with the value of a token, which is of ASCII that is seen, without quotes and white space; with
    `has_blanks` it may have some within.
    """
    if any(quote in value for quote in QUOTES):
        mend = "take them out: where this variable is set they are not removed, as a shell would"
        yield SecretMistake("has quotes in its value", mend)
    rest = without_name(variable, value)
    if rest != value:
        yield _NAMED
    if re.search(r"\s", rest[:1] + rest[-1:] if has_blanks else rest):
        yield SecretMistake("has white space in its value", "take it out, at the end of a line, too")
    if strange := [sign for sign in rest if sign not in QUOTES and not (sign.isascii() and _is_seen(sign))]:
        yield SecretMistake(f"has a character that no token has (U+{ord(strange[0]):04X})", _COPY)


def password_doubts(variable: str, value: str) -> Iterator[SecretMistake]:
    """What is doubtful about the value of a password, which may have whatever sign that somebody can type."""
    stripped = value.strip()
    if value != stripped:
        yield SecretMistake("has white space around it", "take it out, if it is no part")
    if len(stripped) > 1 and stripped[0] in QUOTES and stripped[-1] in QUOTES:
        yield SecretMistake("has quotes around it", "take them out, if they are no part")
    if without_name(variable, stripped) != stripped:
        yield _NAMED
    if unseen := [sign for sign in stripped if not _is_seen(sign)]:
        yield SecretMistake(f"has a character that is not seen (U+{ord(unseen[0]):04X})", _COPY)


_COPY = "copy it again"
_NAMED = SecretMistake("has the variable's name in its value", "set it to what stands behind the = alone")


def without_name(variable: str, value: str) -> str:
    """A value without `NAME=` and `export NAME=` before it, as whoever pastes a whole line has them."""
    return re.sub(rf"^[{QUOTES}\ufeff]*(?:export\s+|set\s+)?{re.escape(variable)}\s*=\s*", "", value)


def is_of_slack(value: str) -> bool:
    """Whether a value is a token of Slack's, which belongs to Slack's variables alone."""
    return _OF_SLACK.match(value.strip().strip(QUOTES)) is not None


def _is_seen(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn")
