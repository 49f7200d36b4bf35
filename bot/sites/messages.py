"""The messages between the centre and its sites, as values and as bytes. Whatever arrives was written by others.

Bodies are JSON objects with `v`, in gzip above 1 KiB, 1 MiB at most on the wire and 8 MiB unpacked. Unknown fields are
ignored, so a newer side may say more. Nothing that is sent holds a password, a session or a token: only names, tags,
observations and failures are written, field by field.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from gzip import compress
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

from bot.fleet.hosts import PollResult, Source, SourceKind
from bot.fleet.sites import RemoteTarget
from bot.text import shown
from bot.xapi.observation import Failure, FailureCode, Host, Observation, Pool, Power, Probed, Software, Transport
from bot.xapi.target import TlsMode

VERSION = 1
"""What is written, and the newest that is known; a newer one is read as far as it is understood."""

OLDEST = 1
"""The oldest that is understood."""

PACKED_ABOVE = 1024
BODY_MAX = 1024 * 1024
UNPACKED_MAX = 8 * 1024 * 1024

TEXT_MAX = 4000
"""Characters of any text in a message; XAPI's own names are shorter."""

SENTENCE_MAX = 500
HOSTS_MAX = 4096
TARGETS_MAX = 20_000
RESULTS_MAX = 1000
TAGS_MAX = 64
HOTFIXES_MAX = 500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/=-]{0,62}")
"""As a configuration has names and tags (bot.settings.values); what another has is left out."""

_NUMBER_MAX = 2**53
_DIGITS_MAX = 20
_GZIP = b"\x1f\x8b"

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)

E = TypeVar("E", bound=StrEnum)


class MessageError(Exception):
    """A message that cannot be read, or is too large to be sent. The text says what is wrong, without its content."""


class TooOldError(MessageError):
    """A message of a version that is not understood any more."""


def pack(data: dict[str, Any]) -> bytes:
    """A body of a message. MessageError if it is too large."""
    body = json.dumps({"v": VERSION, **data}, separators=(",", ":")).encode()
    if len(body) > UNPACKED_MAX:
        raise MessageError("the message is too large")
    if len(body) > PACKED_ABOVE:
        body = compress(body, 6, mtime=0)
    if len(body) > BODY_MAX:
        raise MessageError("the message is too large")
    return body


def unpack(body: bytes) -> dict[str, Any]:
    """The object in a body. MessageError for what is none; TooOldError where its version is too old."""
    if len(body) > BODY_MAX:
        raise MessageError("it is too large")
    if body[:2] == _GZIP:
        body = _inflated(body)
    try:
        data = json.loads(body, parse_int=_whole, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise MessageError("it is no JSON") from None
    if not isinstance(data, dict):
        raise MessageError("it is no object")
    version = data.get("v")
    if isinstance(version, bool) or not isinstance(version, int):
        raise MessageError("it has no version")
    if version < OLDEST:
        raise TooOldError("its version is too old")
    return data


def _inflated(body: bytes) -> bytes:
    inflater = zlib.decompressobj(31)
    try:
        text = inflater.decompress(body, UNPACKED_MAX + 1)
    except zlib.error:
        raise MessageError("it is no gzip") from None
    if len(text) > UNPACKED_MAX:
        raise MessageError("it is too large when it is unpacked")
    if not inflater.eof:
        raise MessageError("it ends too early")
    return text


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        raise ValueError("too long a number")
    return int(digits)


def _no_number(_: str) -> None:
    raise ValueError("no number")


class AskMessage(NamedTuple):
    """Questions of the centre to a site: some of its targets, by their own names. `ask` is this question's own."""

    ask: str
    targets: tuple[str, ...]

    def pack(self) -> bytes:
        return pack({"ask": self.ask, "targets": list(self.targets)})

    @classmethod
    def unpack(cls, body: bytes) -> "AskMessage":
        data = unpack(body)
        targets = tuple(_text(name) for name in _list(data, "targets", TARGETS_MAX))
        return cls(_text(data.get("ask")), targets)


class TargetResult(NamedTuple):
    """What asking a target came to. `at` is the moment it counts for, by the clock of who asked."""

    target: str
    at: datetime
    answer: Probed

    def at_centre(self, site: str, ahead: timedelta) -> PollResult:
        """The same under the name that the target has at the centre; the site's clock is so much ahead of ours."""
        name, at = f"{site}/{self.target}", _moved(self.at, ahead)
        answer = self.answer
        if isinstance(answer, Observation):
            answer = answer._replace(target=name, observed_at=_moved(answer.observed_at, ahead))
        else:
            what = answer.what
            answer = answer._replace(target=name, what=f"{site}/{what}" if what.startswith(self.target) else what)
        return PollResult(Source(name, SourceKind.SITE), (answer,), at)

    def data(self) -> dict[str, Any]:
        answer = self.answer
        kind = "failure" if isinstance(answer, Failure) else "observation"
        written = _failure_data(answer) if isinstance(answer, Failure) else _observation_data(answer)
        return {"target": self.target, "at": _iso(self.at), kind: written}

    @classmethod
    def of(cls, data: Any) -> "TargetResult":
        """From what `data` wrote. MessageError for anything else."""
        given = _object(data)
        target, at = _text(given.get("target")), _moment(given.get("at"))
        if "failure" in given:
            return cls(target, at, _failure(given["failure"], target))
        return cls(target, at, _observation(given.get("observation"), target))


def _moved(moment: datetime, ahead: timedelta) -> datetime:
    return min(max(moment - ahead, EARLIEST), LATEST)


class ObservedMessage(NamedTuple):
    """What a worker found. `ask` is whose question it answers; None: it asked by its own schedule.

    `sent_at` is the moment of sending by the worker's clock: against the moment of arrival, it says how wrong that is.
    """

    worker: str
    sent_at: datetime
    results: tuple[TargetResult, ...]
    ask: str | None = None

    def pack(self) -> bytes:
        results = [result.data() for result in self.results]
        return pack({"worker": self.worker, "sent_at": _iso(self.sent_at), "ask": self.ask, "results": results})

    @classmethod
    def unpack(cls, body: bytes) -> "ObservedMessage":
        data = unpack(body)
        results = tuple(TargetResult.of(each) for each in _list(data, "results", RESULTS_MAX))
        ask = data.get("ask")
        return cls(
            _text(data.get("worker")), _moment(data.get("sent_at")), results, None if ask is None else _text(ask)
        )


class InventoryMessage(NamedTuple):
    """A sign of life of a worker: who it is, and which targets its site has, by their own names, with their tags."""

    worker: str
    version: str
    targets: tuple[tuple[str, tuple[str, ...]], ...]

    def pack(self) -> bytes:
        targets = [{"name": name, "tags": list(tags)} for name, tags in self.targets]
        return pack({"worker": self.worker, "version": self.version, "targets": targets})

    @classmethod
    def unpack(cls, body: bytes) -> "InventoryMessage":
        """MessageError; of a worker that is too old see `InventoryMessage.who`."""
        data = unpack(body)
        found: dict[str, tuple[str, ...]] = {}
        for each in _list(data, "targets", TARGETS_MAX):
            target = _object(each)
            name = _text(target.get("name"))
            if _NAME.fullmatch(name):
                found[name] = tuple(filter(_TAG.fullmatch, map(_text, _list(target, "tags", TAGS_MAX))))
        return cls(_text(data.get("worker")), _text(data.get("version")), tuple(found.items()))

    @classmethod
    def who(cls, body: bytes) -> "InventoryMessage":
        """Who a worker is whose messages are too old to be understood, as far as it says so."""
        try:
            data = json.loads(_inflated(body) if body[:2] == _GZIP else body)
        except (ValueError, RecursionError, MessageError):
            data = {}
        data = data if isinstance(data, dict) else {}
        worker, version = data.get("worker"), data.get("version")
        named = worker if isinstance(worker, str) else "unknown"
        return cls(shown(named, 100), shown(version, 40) if isinstance(version, str) else "unknown", ())

    def at_centre(self, site: str) -> tuple[RemoteTarget, ...]:
        """Its targets under the names that they have at the centre."""
        return tuple(RemoteTarget(f"{site}/{shown(name, 63)}", tags) for name, tags in self.targets)


class HeardMessage(NamedTuple):
    """The centre's answer to a sign of life: its own version, and whether the worker is too old to be understood."""

    version: str
    is_too_old: bool

    def pack(self) -> bytes:
        return pack({"version": self.version, "too_old": self.is_too_old, "oldest": OLDEST})

    @classmethod
    def unpack(cls, body: bytes) -> "HeardMessage":
        data = unpack(body)
        return cls(_text(data.get("version")), data.get("too_old") is True)


class ProbeMessage(NamedTuple):
    """A question to a site that somebody waits for: one of its targets, by its own name."""

    target: str

    def pack(self) -> bytes:
        return pack({"target": self.target})

    @classmethod
    def unpack(cls, body: bytes) -> "ProbeMessage":
        return cls(_text(unpack(body).get("target")))


class ProbedMessage(NamedTuple):
    """The answer to it."""

    sent_at: datetime
    result: TargetResult

    def pack(self) -> bytes:
        return pack({"sent_at": _iso(self.sent_at), "result": self.result.data()})

    @classmethod
    def unpack(cls, body: bytes) -> "ProbedMessage":
        data = unpack(body)
        return cls(_moment(data.get("sent_at")), TargetResult.of(data.get("result")))


def in_messages(results: Sequence[TargetResult], worker: str, now: datetime, ask: str | None) -> Iterator[bytes]:
    """Bodies with all of the results, as many in each as fit. What does not even fit alone becomes a failure."""
    if not results:
        return
    try:
        if len(results) > RESULTS_MAX:
            raise MessageError("too many")
        yield ObservedMessage(worker, now, tuple(results), ask).pack()
    except MessageError:
        if len(results) > 1:
            half = len(results) // 2
            yield from in_messages(results[:half], worker, now, ask)
            yield from in_messages(results[half:], worker, now, ask)
            return
        (one,) = results
        said = f"{one.target} answered more than a message can carry."
        failure = Failure(one.target, FailureCode.REPLY_TOO_LARGE, said)
        yield ObservedMessage(worker, now, (one._replace(answer=failure),), ask).pack()


# Observations and failures, field by field


def _observation_data(seen: Observation) -> dict[str, Any]:
    data = {name: _written(value) for name, value in seen._asdict().items() if name not in ("target", "pool", "hosts")}
    return {**data, "pool": seen.pool._asdict(), "hosts": [_host_data(host) for host in seen.hosts]}


def _host_data(host: Host) -> dict[str, Any]:
    """What is known of a host; what is not is left out."""
    return {name: _written(value) for name, value in host._asdict().items() if value is not None}


def _written(value: Any) -> Any:
    if isinstance(value, Software):
        return value._asdict()
    return _iso(value) if isinstance(value, datetime) else value


def _failure_data(failure: Failure) -> dict[str, Any]:
    return {"code": failure.code.value, "what": failure.what, "mend": failure.mend}


def _observation(data: Any, target: str) -> Observation:
    given = _object(data)
    pool = _object(given.get("pool"))
    seconds = given.get("seconds", 0.0)
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return Observation(
        target=target,
        address=_text(given.get("address")),
        observed_at=_moment(given.get("observed_at")),
        transport=_choice(Transport, given.get("transport"), Transport.JSON_RPC_2),
        tls=_choice(TlsMode, given.get("tls"), TlsMode.INSECURE),  # never more certain than what is known
        pool=Pool(_key(pool.get("uuid")), _text(pool.get("name")), _text(pool.get("coordinator"))),
        hosts=tuple(_host(each) for each in _list(given, "hosts", HOSTS_MAX)),
        seconds=min(max(float(seconds), 0.0), 3600.0) if is_number else 0.0,
    )


def _host(data: Any) -> Host:
    given = _object(data)
    values = {name: read(given.get(name)) for name, read in _FIELDS.items()}
    if not values["uuid"]:
        raise MessageError("a host has no uuid")
    return Host(**values)


def _failure(data: Any, target: str) -> Failure:
    """A code that is not known here is a `bad_reply`; its words say what a newer worker meant."""
    given = _object(data)
    code = _choice(FailureCode, given.get("code"), FailureCode.BAD_REPLY)
    what, mend = (shown(_text(given.get(name, "")), SENTENCE_MAX) for name in ("what", "mend"))
    return Failure(target, code, what or f"{target} could not be asked.", mend)


def _choice(kind: type[E], value: Any, other: E) -> E:
    return kind(value) if isinstance(value, str) and value in tuple(kind) else other


# Single values


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MessageError("something in it is no object")
    return value


def _list(data: dict[str, Any], name: str, most: int) -> list[Any]:
    value = data.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise MessageError(f"its {name} are no list, or too many")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise MessageError("a text in it is none, or too long")
    return value


def _key(value: Any) -> str:
    """A text that tells things apart, and so is not empty."""
    if text := _text(value):
        return text
    raise MessageError("a name in it is empty")


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(_text(value))
        moment = found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not EARLIEST <= moment <= LATEST:
        raise MessageError("a moment in it is none")
    return moment


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _NUMBER_MAX:
        raise MessageError("a number in it is none")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise MessageError("a truth value in it is none")
    return value


def _power(value: Any) -> Power:
    return _choice(Power, value, Power.UNKNOWN)


def _software(value: Any) -> Software:
    given = _object(value)
    texts = {name: None if given.get(name) is None else _text(given[name]) for name in _SOFTWARE}
    return Software(**texts, hotfixes=tuple(_text(each) for each in _list(given, "hotfixes", HOTFIXES_MAX)))


_SOFTWARE = [name for name in Software._fields if name != "hotfixes"]

_READERS: dict[type, Callable[[Any], Any]] = {
    str: _text,
    bool: _truth,
    int: _number,
    datetime: _moment,
    Power: _power,
    Software: _software,
}


def _reader(kind: Any) -> Callable[[Any], Any]:
    """Reads a value of a host's field by its type; what may be None is None where it is left out."""
    kinds = [each for each in get_args(kind) or (kind,) if each is not NoneType]
    read = _READERS[kinds[0]]
    if NoneType not in get_args(kind):
        return read
    return lambda value: None if value is None else read(value)


_FIELDS = {name: _reader(kind) for name, kind in get_type_hints(Host).items()}
"""Every field of a host with its reader: a field of another type needs a row in `_READERS`."""
