"""Lists of records as they come, one record at a time: one a line, as asked for, or a JSON array.

Memory holds a piece and a record, never the list. What is not JSON in UTF-8, or nests deep, is refused.
"""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from bot.xapi import errors
from bot.xapi.bounds import Secret
from bot.xapi.observation import Host, Pool
from bot.xapi.records import Record, boolean, since_1970, text

LONGEST = 16 * 1024
"""Characters of a record that did not end yet; a few hundred are usual."""

_BETWEEN = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_INCOMPLETE = object()


def records(pieces: Iterable[bytes]) -> Iterator[Record]:
    """The records of a body. Trouble where it is no list of records, or not whole."""
    return _Scanner(_texts(pieces)).records()


def _texts(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    for piece in pieces:
        try:
            text = decoder.decode(piece)
        except UnicodeDecodeError:
            raise _unreadable() from None
        yield text
    if decoder.getstate()[0]:
        raise _unreadable()


class _Scanner:
    """What came and was not read yet, from `_at` on."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts = texts
        self._text = ""
        self._at = 0

    def records(self) -> Iterator[Record]:
        """As `records` of the module."""
        first = self._peek()
        if first == "[":
            self._at += 1
            yield from self._array()
        elif first in ("", "{"):
            while self._peek():
                yield self._record()
        else:
            raise errors.not_xapi("with something else than JSON")

    def _array(self) -> Iterator[Record]:
        if self._peek() != "]":
            yield self._record()
        while self._peek() == ",":
            self._at += 1
            yield self._record()
        if self._peek() != "]":
            raise _unreadable()
        self._at += 1
        if self._peek():
            raise _unreadable()

    def _peek(self) -> str:
        """The next character that says something; empty at the end."""
        while True:
            self._at = self._end_of_space()
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _end_of_space(self) -> int:
        space = _BETWEEN.match(self._text, self._at)
        return space.end() if space else self._at

    def _record(self) -> Record:
        if self._peek() != "{":
            raise errors.bad_reply("lists something else than records")
        while (found := self._parsed()) is _INCOMPLETE:
            self._read_to_a_brace()
        if not isinstance(found, dict):
            raise _unreadable()
        return found

    def _parsed(self) -> object:
        """The value that begins here; _INCOMPLETE if more may make it one: an exception would carry the text along."""
        try:
            value, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError:
            return _INCOMPLETE
        except (
            ValueError,
            RecursionError,
        ):  # a number of thousands of digits; too deep for json's scanner
            return None
        return value

    def _read_to_a_brace(self) -> None:
        """Records end with one: before it comes there is no use in another look."""
        seen = len(self._text) - self._at
        while seen <= LONGEST and self._more():
            if self._text.find("}", seen) >= 0:
                return
            seen = len(self._text)
        raise _unreadable()

    def _more(self) -> bool:
        """Another piece behind what is left; False at the end."""
        text = next(self._texts, None)
        if text is None:
            return False
        self._text = self._text[self._at :] + text
        self._at = 0
        return True


def _unreadable() -> errors.ProbeError:
    return errors.bad_reply("is not a whole list in JSON and UTF-8")


POOLS = ("id", "name_label", "master")
HOSTS = (
    "id",
    "name_label",
    "hostname",
    "address",
    "version",
    "productBrand",
    "build",
    "enabled",
    "power_state",
    "rebootRequired",
    "startTime",
    "license_expiry",
    "$pool",
    "$poolId",
)
"""The fields that are asked for."""

_SHORT = 64
_RUNNING = "Running"


class OrchestraHost(NamedTuple):
    """A host as it is listed: with the pool that it says it is in, and whether Xen Orchestra sees it running.

    One that it does not see has its last version still; that is no observation.
    """

    host: Host
    pool: str
    is_seen: bool


class OrchestraPool(NamedTuple):
    """A pool with those of its hosts that run; at least one."""

    pool: Pool
    hosts: tuple[Host, ...]


def pool_of(record: Record, token: Secret) -> Pool:
    """A pool of its record."""
    return Pool(
        uuid=_identity(record, token),
        name=_said(record, "name_label", token) or "",
        coordinator=_said(record, "master", token, _SHORT) or "",
    )


def member_of(record: Record, pools: Mapping[str, Pool], token: Secret) -> OrchestraHost:
    """A host of its record. One that names no pool is a pool of its own; `pools` are those listed, by uuid.

    XAPI's rule for `reboot_required` is applied there, where a host says nothing as "no".
    """
    uuid = _identity(record, token)
    pool = _said(record, "$poolId", token, _SHORT) or _said(record, "$pool", token, _SHORT) or ""
    host = Host(
        uuid=uuid,
        name=_said(record, "name_label", token) or _said(record, "hostname", token) or "",
        address=_said(record, "address", token, _SHORT) or "",
        is_coordinator=not pool or (pool in pools and pools[pool].coordinator == uuid),
        enabled=boolean(record, "enabled"),
        product_brand=_said(record, "productBrand", token, _SHORT),
        product_version=_said(record, "version", token, _SHORT),
        build=_said(record, "build", token, _SHORT),
        platform_version=None,
        edition=None,
        licence_expires=since_1970(record, "license_expiry"),
        booted_at=since_1970(record, "startTime"),
        reboot_required=boolean(record, "rebootRequired"),
        pending_updates=None,
    )
    return OrchestraHost(host, pool, record.get("power_state", _RUNNING) == _RUNNING)


def seen(pools: Mapping[str, Pool], members: Iterable[OrchestraHost]) -> tuple[OrchestraPool, ...]:
    """Each pool with its running hosts, coordinator first, then by name. A host of a pool that is not listed, too."""
    together: dict[str, dict[str, Host]] = {}
    for host, pool, is_seen in members:
        if is_seen:
            together.setdefault(pool or host.uuid, {}).setdefault(host.uuid, host)
    return tuple(_seen(uuid, pools, tuple(hosts.values())) for uuid, hosts in together.items())


def _seen(uuid: str, pools: Mapping[str, Pool], hosts: tuple[Host, ...]) -> OrchestraPool:
    coordinator = next((host for host in hosts if host.is_coordinator), None)
    pool = pools.get(uuid) or Pool(uuid, "", coordinator.uuid if coordinator else "")
    if coordinator and pool.name == coordinator.name:
        pool = pool._replace(name="")  # Xen Orchestra gives a pool without a name that of its coordinator
    return OrchestraPool(
        pool, tuple(sorted(hosts, key=lambda host: (not host.is_coordinator, host.name.casefold(), host.uuid)))
    )


def _identity(record: Record, token: Secret) -> str:
    identity = _said(record, "id", token, _SHORT)
    if identity is None:
        raise errors.bad_reply("lists records without an id")
    return identity


def _said(record: Record, name: str, token: Secret, limit: int = 256) -> str | None:
    """A text of the record, without the token: the server knows it, and might say it."""
    value = text(record, name, limit)
    return None if value is None else token.hidden_in(value)
