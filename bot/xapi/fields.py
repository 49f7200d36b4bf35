"""Fields of a record, read whatever a transport made of them: XML-RPC has numbers as texts, old hosts lack fields.

Total: what does not read as its kind is None. Texts are the host's own words, cut to a length, in characters that can
be written as UTF-8, and without session references.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Record = Mapping[str, Any]

_REFERENCE = re.compile(r"OpaqueRef:[^\s\"'<>]*")
_BOOLEANS = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
_MOMENT = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})T([0-9]{2}):?([0-9]{2}):?([0-9]{2})(?:\.[0-9]{1,9})?(?:Z|\+00:?00)?", re.ASCII
)
_SECONDS = re.compile(r"[0-9]{1,12}(?:\.[0-9]{0,9})?", re.ASCII)


def text(record: Record, name: str, limit: int = 256) -> str | None:
    """A text; None if it is empty or none."""
    value = record.get(name)
    if not isinstance(value, str) or not value:
        return None
    if len(value) > limit:
        value = value[:limit]
    if not value.isascii():
        value = value.encode("utf-8", "replace").decode()  # half a surrogate pair is legal in JSON, but nowhere else
    return _REFERENCE.sub("[hidden]", value) if "OpaqueRef:" in value else value


def boolean(record: Record, name: str) -> bool | None:
    """A truth value."""
    value = record.get(name)
    return _BOOLEANS.get(value) if isinstance(value, (bool, str)) else None


def mapping(record: Record, name: str) -> Record:
    """A map; empty if it is none."""
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def items(record: Record, name: str) -> list[Any] | None:
    """A set, as a list."""
    value = record.get(name)
    return value if isinstance(value, list) else None


def moment(record: Record, name: str) -> datetime | None:
    """A DateTime of XAPI, `20240229T15:07:05Z`, with or without dashes; always UTC."""
    value = record.get(name)
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def seconds(record: Record, name: str) -> float | None:
    """Seconds since 1970, as the text that OCaml makes of a float: `1700000000.`."""
    value = record.get(name)
    if isinstance(value, str) and _SECONDS.fullmatch(value):
        return float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 10**12:
        return float(value)
    return None


def since_1970(record: Record, name: str) -> datetime | None:
    """The moment of `seconds`."""
    value = seconds(record, name)
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return None
