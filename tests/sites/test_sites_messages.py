"""What travels between sites and the centre: whole, bounded, without secrets; and nothing hostile gets past reading."""

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.fleet.hosts import Source, SourceKind
from bot.sites.messages import (
    BODY_MAX,
    UNPACKED_MAX,
    AskMessage,
    HeardMessage,
    InventoryMessage,
    MessageError,
    ObservedMessage,
    ProbedMessage,
    ProbeMessage,
    TargetResult,
    TooOldError,
    in_messages,
    pack,
    unpack,
)
from bot.xapi.observation import Failure, FailureCode, Observation, Power, Software
from bot.xapi.target import TlsMode
from tests.fleet.fakes import answered, host

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
FULL = host(
    "xen-1",
    enabled=True,
    licence_expires=NOON,
    pending_updates=3,
    power=Power.HALTED,
    software=Software("4.17.6-9", hotfixes=("XS71E001",)),
    certificate_expires=NOON,
)
SEEN = answered(Source("lab-a", SourceKind.TARGET), NOON, FULL).answers[0]
RESULT = TargetResult("lab-a", NOON, SEEN)
READ: list[Callable[[bytes], object]] = [
    AskMessage.unpack,
    ObservedMessage.unpack,
    InventoryMessage.unpack,
    InventoryMessage.who,
    HeardMessage.unpack,
    ProbeMessage.unpack,
    ProbedMessage.unpack,
]


def _data(message: ObservedMessage) -> dict[str, Any]:
    return unpack(message.pack())


def test_an_observation_arrives_as_it_was_sent() -> None:
    sent = ObservedMessage("w", NOON, (RESULT,), "ask")
    assert ObservedMessage.unpack(sent.pack()) == sent


def test_fields_that_are_new_are_ignored_and_those_that_are_missing_are_not_known() -> None:
    data = _data(ObservedMessage("w", NOON, (RESULT,)))
    data["v"] = 7
    data["new"] = {"a": 1}
    del data["worker"]
    seen = data["results"][0]["observation"]
    seen |= {"tls": "quantum", "transport": "grpc", "new": [1]}
    del seen["hosts"][0]["enabled"], seen["hosts"][0]["software"]
    seen["hosts"][0] |= {"new": "x", "power": "dreaming"}
    body = json.dumps({**data, "worker": "w"}).encode()
    read = ObservedMessage.unpack(body).results[0].answer
    assert isinstance(read, Observation)
    assert read.tls is TlsMode.INSECURE  # never more certain than what is known
    assert (read.hosts[0].enabled, read.hosts[0].software, read.hosts[0].power) == (None, None, Power.UNKNOWN)


def test_a_code_that_is_not_known_is_a_bad_reply_with_its_words() -> None:
    failure = {"code": "eaten_by_grue", "what": "lab-a was eaten.", "mend": "Bring a lamp."}
    read = TargetResult.of({"target": "lab-a", "at": "2026-11-27T12:00:00Z", "failure": failure})
    assert read.answer == Failure("lab-a", FailureCode.BAD_REPLY, "lab-a was eaten.", "Bring a lamp.")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"v": true}',
        b'{"v": NaN}',
        b'{"v": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b"\x1f\x8b",
        gzip.compress(b'{"v": 1}')[:-4],
        gzip.compress(b" " * (UNPACKED_MAX + 1)),
        b" " * (BODY_MAX + 1),
        b"\xff\xfe",
    ],
    ids=range(12),
)
def test_a_body_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(MessageError):
        unpack(body)


def test_an_older_version_than_is_understood_is_told_apart() -> None:
    with pytest.raises(TooOldError):
        unpack(b'{"v": 0}')


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("2026-11-27T12:00:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["v", "ask", "targets", "worker", "version", "sent_at", "results", "result", "target", "too_old"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200) | st.dictionaries(st.sampled_from(KEYS), ANYTHING).map(lambda d: json.dumps(d).encode()))
def test_whatever_arrives_is_read_or_refused(body: bytes) -> None:
    for read in READ:
        with suppress(MessageError):
            read(body)


@given(st.data())
def test_an_observation_spoilt_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    tree = _data(ObservedMessage("w", NOON, (RESULT,)))
    at: Any = tree
    while isinstance(at, dict | list) and at:
        keys = sorted(at) if isinstance(at, dict) else range(len(at))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()) or not isinstance(at[key], dict | list):
            at[key] = data.draw(ANYTHING)
            break
        at = at[key]
    try:
        read = ObservedMessage.unpack(json.dumps(tree).encode())
    except MessageError:
        return
    for result in read.results:
        result.at_centre("paris", timedelta(days=40_000))  # whatever its clock says


def test_large_bodies_are_packed_and_too_many_results_are_several_messages() -> None:
    many = [RESULT._replace(target=f"lab-{number}") for number in range(1500)]
    bodies = list(in_messages(many, "w", NOON, None))
    assert all(body[:2] == b"\x1f\x8b" and len(body) <= BODY_MAX for body in bodies)
    assert [one.target for body in bodies for one in ObservedMessage.unpack(body).results] == [o.target for o in many]
    with pytest.raises(MessageError):
        pack({"text": "x" * UNPACKED_MAX})


def test_a_clock_that_is_ahead_is_put_right_and_names_are_the_sites() -> None:
    failed = TargetResult("lab-a", NOON, Failure("lab-a", FailureCode.TIMEOUT, "lab-a did not answer."))
    moved = failed.at_centre("paris", timedelta(hours=1))
    assert (moved.source.name, moved.at) == ("paris/lab-a", NOON - timedelta(hours=1))
    assert moved.failure
    assert moved.failure.message == "paris/lab-a did not answer."


def test_names_and_tags_that_no_configuration_has_are_left_out() -> None:
    targets = [{"name": name, "tags": ["prod", "a b", "\x1b[31m"]} for name in ("lab-a", "a/b", "", "x y", "é")]
    body = pack({"worker": "w", "version": "1", "targets": targets})
    assert InventoryMessage.unpack(body).targets == (("lab-a", ("prod",)),)


def test_nothing_imports_the_client_of_nats_without_sites() -> None:
    for path in sorted((Path(__file__).parents[2] / "bot").rglob("*.py")):
        if "sites" in path.parts or path.name in ("site.py", "sites.py"):
            continue
        at_once = [line for line in path.read_text().splitlines() if line.startswith(("from bot.sites", "import nats"))]
        assert at_once == [], path
