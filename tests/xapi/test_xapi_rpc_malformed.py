"""Whatever a host answers, a probe ends in an Observation or a Failure, soon, without a secret in it."""

import json
import random
import sys
import time
import tracemalloc
import xmlrpc.client
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.xapi.bounds import ProbeBounds
from bot.xapi.observation import Failure, FailureCode, Observation
from bot.xapi.target import Endpoint, TlsMode, Trust
from tests.xapi.fake import HOSTS, LOGIN, LOGOUT, POOLS, XML, Era, FakeXapi, http
from tests.xapi.network import FakeNetwork
from tests.xapi.probing import assert_fit_to_be_told, prober, target
from tests.xapi.server import Request
from tests.xapi.spoiling import spoilt

LAB = target(Endpoint("192.0.2.1", 443, Trust(TlsMode.INSECURE)), Endpoint("192.0.2.2", 443, Trust(TlsMode.INSECURE)))
SMALL = ProbeBounds(reply=64 * 1024, head=2048)
CODES = {
    FailureCode.BAD_REPLY,
    FailureCode.NOT_XAPI,
    FailureCode.REPLY_TOO_LARGE,
    FailureCode.LOGIN_REFUSED,
    FailureCode.NOT_AUTHORIZED,
    FailureCode.BOOTING,
    FailureCode.COORDINATOR_REFUSED,
}
MALFORMED = 20_000

Spoil = Callable[[bytes], bytes]


def _probe(era: Era, method: str, spoil: Spoil, piece: int = 65536) -> Observation | Failure:
    """A probe in which the answers to one method are spoilt."""
    xapi = FakeXapi(era)

    def answer(request: Request) -> bytes:
        reply = xapi.answer(request)
        return spoil(reply) if method.encode() in request.body else reply

    probed = prober(SMALL, FakeNetwork(answer, piece)).probe(LAB)
    assert_fit_to_be_told(probed)
    assert isinstance(probed, Observation) or probed.code in CODES
    return probed


def test_twenty_thousand_malformed_replies_end_well() -> None:
    chance, ended = random.Random(20261123), Counter[str]()
    for _ in range(MALFORMED):
        begun = time.perf_counter()
        ended[_spoilt_probe(chance)] += 1
        assert time.perf_counter() - begun < 2.0
    assert ended.keys() >= {"observed", "bad_reply", "not_xapi"}
    assert min(ended["observed"], ended["bad_reply"]) > MALFORMED / 10, ended


def test_malformed_replies_leave_nothing_behind_in_memory() -> None:
    chance = random.Random(7)
    tracemalloc.start()
    try:
        for _ in range(1000):
            _spoilt_probe(chance)
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 2e6
    assert peak < 5e6


def _spoilt_probe(chance: random.Random) -> str:
    era, method = chance.choice(list(Era)), chance.choice([LOGIN, LOGIN, POOLS, HOSTS, LOGOUT])
    probed = _probe(era, method, lambda reply: spoilt(reply, chance), chance.choice([1500, 65536]))
    return probed.code.value if isinstance(probed, Failure) else "observed"


FIELDS = (
    "jsonrpc result error id message data code Status Value ErrorDescription uuid name_label master enabled "
    "software_version product_brand product_version other_config boot_time rpm_patch_installation_time license_params "
    "expiry"
)
KEYS = st.sampled_from(FIELDS.split()) | st.text(max_size=10)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(value=JSON, method=st.sampled_from([LOGIN, POOLS, HOSTS]))
def test_any_json_for_a_reply_ends_well(value: Any, method: str) -> None:
    _probe(Era.JSON_2, method, lambda _: http(json.dumps(value).encode()))


@settings(max_examples=400, deadline=None)
@given(value=JSON, method=st.sampled_from([LOGIN, POOLS, HOSTS]))
def test_any_json_for_a_result_ends_well(value: Any, method: str) -> None:
    _probe(Era.JSON_2, method, lambda _: http(json.dumps({"jsonrpc": "2.0", "result": value, "id": 0}).encode()))


@settings(max_examples=400, deadline=None)
@given(record=st.dictionaries(KEYS, JSON, max_size=8))
def test_any_record_of_a_host_ends_well(record: dict[str, Any]) -> None:
    records = {"OpaqueRef:host-1": record}
    probed = _probe(Era.JSON_2, HOSTS, lambda _: http(json.dumps({"result": records, "id": 0}).encode()))
    assert isinstance(probed, Observation)
    repr(probed).encode()


XML_VALUE = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(value=XML_VALUE, method=st.sampled_from([LOGIN, POOLS, HOSTS]), in_status=st.booleans())
def test_any_xml_for_a_reply_ends_well(value: Any, method: str, in_status: bool) -> None:
    reply = {"Status": "Success", "Value": value} if in_status else value
    body = xmlrpc.client.dumps((reply,), methodresponse=True).encode("utf-8", "replace")
    _probe(Era.XML_ONLY, method, lambda _: http(body, XML))


@settings(max_examples=400, deadline=None)
@given(data=st.binary(max_size=600), era=st.sampled_from(Era), method=st.sampled_from([LOGIN, POOLS, HOSTS, LOGOUT]))
def test_any_bytes_for_a_reply_end_well(data: bytes, era: Era, method: str) -> None:
    _probe(era, method, lambda _: data)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=600), kind=st.sampled_from(["application/json", "text/xml", "text/html", ""]))
def test_any_bytes_for_a_body_end_well(data: bytes, kind: str) -> None:
    for era in Era:
        for method in (LOGIN, POOLS, HOSTS):
            _probe(era, method, lambda _: http(data, kind))


def _bombs() -> Iterator[bytes]:
    lol = b"<!DOCTYPE lolz [<!ENTITY a 'lol'>" + b"".join(
        b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
    )
    yield lol + b"]><methodResponse><params><param><value>&j;</value></param></params></methodResponse>"
    yield b"<!DOCTYPE a [<!ENTITY b 'c'>]><methodResponse/>"
    yield b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><methodResponse/>"
    yield b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><methodResponse>&b;</methodResponse>"
    yield b"<methodResponse>" + b"<value><array><data>" * 20_000
    yield b"<methodResponse>" * 100_000


@pytest.mark.parametrize("bomb", [*_bombs()], ids=range(6))
def test_a_document_type_or_deep_nesting_is_refused_at_once(bomb: bytes) -> None:
    begun = time.perf_counter()
    xapi = FakeXapi(Era.XML_ONLY)

    def answer(request: Request) -> bytes:
        return http(bomb, XML) if POOLS.encode() in request.body else xapi.answer(request)

    probed = prober(connect=FakeNetwork(answer)).probe(LAB)
    assert isinstance(probed, Failure)
    assert probed.code is FailureCode.BAD_REPLY
    assert time.perf_counter() - begun < 0.5


def test_a_good_reply_is_refused_for_its_document_type_alone() -> None:
    def declare(reply: bytes) -> bytes:
        body = reply.partition(b"\r\n\r\n")[2]
        return http(body.replace(b"<methodResponse>", b"<!DOCTYPE methodResponse><methodResponse>"), XML)

    assert isinstance(_probe(Era.XML_ONLY, POOLS, lambda reply: reply), Observation)
    refused = _probe(Era.XML_ONLY, POOLS, declare)
    assert isinstance(refused, Failure)
    assert refused.code is FailureCode.BAD_REPLY


def test_deep_json_is_refused_from_any_depth_of_the_stack() -> None:
    def probed(frames: int, reply: bytes) -> Observation | Failure:
        return probed(frames - 1, reply) if frames else _probe(Era.JSON_2, LOGIN, lambda _: reply)

    for depth in (10, 500, 900, 30_000):
        reply = http(b'{"jsonrpc":"2.0","id":0,"result":' + b"[" * depth + b"]" * depth + b"}")
        for frames in (0, sys.getrecursionlimit() // 2):
            assert isinstance(probed(frames, reply), Failure)
