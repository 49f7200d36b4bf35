"""Requests over HTTP: nothing unsigned and nothing without shape gets further, whatever it is."""

import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import LogCapture

from tests.slack.conftest import Room
from tests.slack.signed import FORM, headers, mention
from tests.slack.standin import StandIn

_OBJECTS = ("event", "view", "message", "item", "container", "function_data", "payload")
_LISTS = ("actions", "authorizations", "response_urls")
_OTHERS = ("type", "event_id", "team", "user", "channel", "enterprise", "command", "is_ext_shared_channel", "token")
_KEYS = st.sampled_from((*_OBJECTS, *_LISTS, *_OTHERS))
_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.sampled_from(
        ("event_callback", "app_mention", "block_actions", "/xocompat", "message", "url_verification", "T1")
    ),
)
_anything = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=20
)
_relaxed = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def test_a_bad_signature_and_none_at_all_are_401(room: Room) -> None:
    good = headers("command=x")
    bad = {**good, "x-slack-signature": "v0=" + "0" * 64}
    assert room.verifier.receive(b"command=x", bad).status == 401
    assert room.verifier.receive(b"command=y", good).status == 401
    assert room.verifier.receive(b"command=x", {"content-type": FORM}).status == 401


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_signature_of_more_than_five_minutes_ago_or_ahead_is_401(room: Room, seconds: int) -> None:
    assert room.verifier.receive(b"command=x", headers("command=x", at=time.time() + seconds)).status == 401


@pytest.mark.parametrize("name", ["x-slack-request-timestamp", "x-slack-signature"])
@pytest.mark.parametrize("value", ["", "garbage", "é", "-1", "1e9", "９９", "9" * 400, "v0=é"])
def test_headers_of_any_kind_are_401(room: Room, name: str, value: str) -> None:
    assert room.verifier.receive(b"command=x", {**headers("command=x"), name: value}).status == 401


def test_a_body_that_is_not_utf_8_is_400(room: Room) -> None:
    assert room.verifier.receive(b"\xff\xfe", headers("x")).status == 400


@pytest.mark.parametrize("body", ["ssl_check=1", "ssl_check=1&token=x", "token=abc&ssl_check=1"])
def test_slacks_own_ssl_check_is_answered_unsigned_and_does_nothing(room: Room, standin: StandIn, body: str) -> None:
    answer = room.verifier.receive(body.encode(), {"content-type": FORM})
    assert (answer.status, answer.body) == (200, "")
    assert room.verifier.receive(body.encode(), headers(body)).status == 200
    room.settle()
    assert (room.trail.entries, standin.calls) == ([], [])


@pytest.mark.parametrize(
    "body",
    [
        "ssl_check=0",
        "ssl_check=11",
        "ssl_check=",
        "ssl_check=1&ssl_check=1",
        "ssl_check=1&ssl_check=2",
        "ssl_check=1&command=%2Fxocompat&text=help",
        "command=%2Fxocompat&ssl_check=1",
        "ssl_check=1&payload=%7B%7D",
        "ssl_check=1&token=" + "x" * 1000,
        '{"ssl_check": 1}',
    ],
)
def test_whatever_else_names_an_ssl_check_is_401(room: Room, body: str) -> None:
    assert room.verifier.receive(body.encode(), {"content-type": FORM}).status == 401


@given(
    body=st.binary(max_size=200), given_headers=st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=4)
)
@_relaxed
def test_whatever_is_unsigned_is_a_4xx(room: Room, body: bytes, given_headers: dict[str, str]) -> None:
    assert 400 <= room.verifier.receive(body, given_headers).status < 500


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "7", "null", "{}", "[" * 100_000, '{"event": []}', '{"event": null}', "&&"]
)
def test_signed_garbage_is_400(room: Room, body: str) -> None:
    assert room.post(body, "application/json").status == 400
    assert room.post(urlencode({"payload": body})).status == 400


@given(payload=_anything)
@_relaxed
def test_signed_json_of_any_shape_is_no_error_of_ours(
    room: Room, kept_log: LogCapture, payload: dict[str, Any] | list[Any]
) -> None:
    text = json.dumps(payload)
    for body, kind in ((text, "application/json"), (urlencode({"payload": text}), FORM), (text, FORM)):
        assert room.post(body, kind).status in (200, 400)
    room.settle()
    assert "incident" not in {entry["event"] for entry in kept_log.entries}


def test_slacks_question_whether_the_address_is_ours_is_answered(room: Room) -> None:
    asked = json.dumps({"type": "url_verification", "challenge": "abc", "token": "x"})
    response = room.post(asked, "application/json; charset=utf-8")
    assert (response.status, json.loads(response.body)) == (200, {"challenge": "abc"})


def test_a_form_is_read_as_forms_are(room: Room, standin: StandIn) -> None:
    response = room.post("command=%2Fxocompat&team_id=T0000001&user_id=U1&text=XenServer+7%2E2&text=8.2&empty=")
    assert "8.2 can be two things" in json.loads(response.body)["text"]
    assert standin.of("auth.test")


def test_an_event_comes_as_json(room: Room, standin: StandIn) -> None:
    assert room.post(mention("<@U0000BOT> list"), "application/json").status == 200
    standin.wait("chat.postMessage")
