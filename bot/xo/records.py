"""Lists of records as they come, and what their records mean: one record a line, as asked for, or a JSON array.

Memory holds a piece and a record, never the list. What is not JSON in UTF-8, or nests deep, is refused.
"""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from bot.catalogue import say
from bot.xapi.errors import BAD_REPLY, NOT_XAPI, ProbeError
from bot.xapi.observation import Host, Pool, Power
from bot.xapi.records import Record, boolean, items, licence_end, since_1970, text
from bot.xapi.target import Secret

LONGEST = 16 * 1024
"""Characters of a record that did not end yet; a few hundred are usual."""

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
    "certificates",
    "$pool",
    "$poolId",
)
"""The fields that are asked for."""

_SHORT = 64
_CERTIFICATES = 16
"""A host has two: no more than these are looked at."""
_POWERS = {"Running": Power.RUNNING, "Halted": Power.HALTED}

_BETWEEN = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_INCOMPLETE = object()


def records(pieces: Iterable[bytes], longest: int = LONGEST) -> Iterator[Record]:
    """The records of a body. ProbeError where it is no list of records, or not whole.

    A record that did not end yet has at most so many characters.
    """

    def texts() -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        for piece in pieces:
            try:
                decoded = decoder.decode(piece)
            except UnicodeDecodeError:
                raise _unreadable() from None
            yield decoded
        if decoder.getstate()[0]:
            raise _unreadable()

    return _Scanner(texts(), longest).records()


class _Scanner:
    """What came and was not read yet, from `_at` on."""

    def __init__(self, texts: Iterator[str], longest: int) -> None:
        self._texts = texts
        self._longest = longest
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
            raise ProbeError(NOT_XAPI, say("with something else than JSON"))

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
            space = _BETWEEN.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _record(self) -> Record:
        if self._peek() != "{":
            raise ProbeError(BAD_REPLY, say("lists something else than records"))
        while (found := self._parsed()) is _INCOMPLETE:
            # Records end with a brace: before one comes there is no use in another attempt.
            seen = len(self._text) - self._at
            while seen <= self._longest and self._more():
                if self._text.find("}", seen) >= 0:
                    break
                seen = len(self._text)
            else:
                raise _unreadable()
        if not isinstance(found, dict):
            raise _unreadable()
        return found

    def _parsed(self) -> object:
        """The value that begins here; _INCOMPLETE if more may make it one: an exception would carry the text along."""
        try:
            value, self._at = _DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError:
            return _INCOMPLETE
        except (ValueError, RecursionError):  # a number of thousands of digits; too deep for json's scanner
            return None
        return value

    def _more(self) -> bool:
        """Another piece behind what is left; False at the end."""
        text = next(self._texts, None)
        if text is None:
            return False
        self._text = self._text[self._at :] + text
        self._at = 0
        return True


def _unreadable() -> ProbeError:
    return ProbeError(BAD_REPLY, say("is not a whole list in JSON and UTF-8"))


class OrchestraHost(NamedTuple):
    """A host as it is listed, with the pool that it says it is in. One that is off has its last version still."""

    host: Host
    pool: str


class OrchestraPool(NamedTuple):
    """A pool with its hosts; at least one."""

    pool: Pool
    hosts: tuple[Host, ...]


def pool_of(record: Record, token: Secret) -> Pool:
    """A pool of its record."""
    return Pool(
        uuid=_identity(record, token),
        name=text_of(record, "name_label", token) or "",
        coordinator=text_of(record, "master", token, _SHORT) or "",
    )


def member_of(record: Record, pools: Mapping[str, Pool], token: Secret) -> OrchestraHost:
    """A host of its record. One that names no pool is a pool of its own; `pools` are those listed, by uuid.

    Xen Orchestra applies XAPI's rule for `reboot_required` itself, and takes it for "no" where a host says nothing. It
    lists a host's certificates, the one for clients and the one for its pool, and does not say which is which: the one
    that ends first counts. It has no version of the hypervisor, so there is no `software`.
    """
    listed = islice(items(record, "certificates") or (), _CERTIFICATES)
    ends = (since_1970(each, "notAfter") for each in listed if isinstance(each, dict))
    uuid = _identity(record, token)
    pool = text_of(record, "$poolId", token, _SHORT) or text_of(record, "$pool", token, _SHORT) or ""
    host = Host(
        uuid=uuid,
        name=text_of(record, "name_label", token) or text_of(record, "hostname", token) or "",
        address=text_of(record, "address", token, _SHORT) or "",
        is_coordinator=not pool or (pool in pools and pools[pool].coordinator == uuid),
        enabled=boolean(record, "enabled"),
        product_brand=text_of(record, "productBrand", token, _SHORT),
        product_version=text_of(record, "version", token, _SHORT),
        build=text_of(record, "build", token, _SHORT),
        platform_version=None,
        edition=None,
        licence_expires=licence_end(since_1970(record, "license_expiry")),
        booted_at=since_1970(record, "startTime"),
        reboot_required=boolean(record, "rebootRequired"),
        pending_updates=None,
        certificate_expires=min(filter(None, ends), default=None),
        power=power_of(record, token),
    )
    return OrchestraHost(host, pool)


def power_of(record: Record, token: Secret) -> Power | None:
    """Whether a host of its record runs; None where it does not say."""
    state = text_of(record, "power_state", token, _SHORT)
    return _POWERS.get(state, Power.UNKNOWN) if state else None


def pools_with_hosts(pools: Mapping[str, Pool], members: Iterable[OrchestraHost]) -> tuple[OrchestraPool, ...]:
    """Each pool with its hosts, coordinator first, then by name. A host of a pool that is not listed, too."""
    together: dict[str, dict[str, Host]] = {}
    for host, uuid in members:
        together.setdefault(uuid or host.uuid, {}).setdefault(host.uuid, host)
    found = []
    for uuid, hosts in together.items():
        coordinator = next((host for host in hosts.values() if host.is_coordinator), None)
        pool = pools.get(uuid) or Pool(uuid, "", coordinator.uuid if coordinator else "")
        if coordinator and pool.name == coordinator.name:
            pool = pool._replace(name="")  # Xen Orchestra gives a pool without a name that of its coordinator
        ordered = sorted(hosts.values(), key=lambda host: (not host.is_coordinator, host.name.casefold(), host.uuid))
        found.append(OrchestraPool(pool, tuple(ordered)))
    return tuple(found)


def _identity(record: Record, token: Secret) -> str:
    identity = text_of(record, "id", token, _SHORT)
    if identity is None:
        raise ProbeError(BAD_REPLY, say("lists records without an id"))
    return identity


def text_of(record: Record, name: str, token: Secret, limit: int = 256) -> str | None:
    """A text of the record, without the token: the server knows it, and might repeat it."""
    value = text(record, name, limit)
    return None if value is None else token.hidden_in(value)
