"""A call to an operator's address: how long to wait, where not to go, and nothing that takes too long."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from bot.alerts.delivery.outcome import NotSent, Outcome, Refused, Unknown
from bot.web import http_call
from bot.web.answer_headers import retry_after
from bot.web.http_call import RETRY_AFTER_MAX, CallAnswer, CallError, call, failure, refuse_forbidden
from tests.notify.receivers import HttpReceiver, Says

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver() as running:
        yield running


def _date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "99999999"}, RETRY_AFTER_MAX),
        ({"retry-after": _date(NOW + timedelta(seconds=90)), "date": _date(NOW)}, 90.0),
        ({"retry-after": _date(NOW - timedelta(hours=1)), "date": _date(NOW)}, 0.0),
        ({"retry-after": _date(NOW)}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "²"}, None),
    ],
)
def test_how_long_a_server_wants_to_be_left_alone(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, RETRY_AFTER_MAX) == seconds


@pytest.mark.parametrize(
    ("status", "knows_repeats", "kind"),
    [
        (200, True, type(None)),
        (202, False, type(None)),
        (302, True, Refused),
        (401, True, Refused),
        (404, True, Refused),
        (410, True, Refused),
        (400, True, NotSent),
        (413, True, NotSent),
        (429, True, NotSent),
        (500, True, NotSent),
        (500, False, Unknown),
        (502, False, Unknown),
        (503, False, NotSent),
        (504, False, Unknown),
    ],
)
def test_what_a_status_means(status: int, knows_repeats: bool, kind: type[Outcome]) -> None:
    assert isinstance(failure(CallAnswer(status, {}), knows_repeats), kind)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "fd00:ec2::254"]
)
def test_link_local_addresses_are_refused(address: str) -> None:
    with pytest.raises(CallError) as refused:
        refuse_forbidden(address)
    assert isinstance(refused.value.outcome(True), Refused)


def test_other_addresses_are_the_operators(receiver: HttpReceiver) -> None:
    for address in ("127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "hook.example.org"):
        refuse_forbidden(address)
    assert call("POST", receiver.url, b"x").status == 200


def test_a_name_that_leads_to_a_link_local_address_gets_nothing(
    receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a name server that answers so: whom the socket is connected to is what counts."""

    class Elsewhere(socket.socket):
        def getpeername(self) -> Any:
            return ("169.254.169.254", 80)

    def connected(address: Any, *_: Any, **__: Any) -> socket.socket:
        made = Elsewhere()
        made.connect(address)
        return made

    monkeypatch.setattr("urllib3.util.connection.create_connection", connected)
    with pytest.raises(CallError) as refused:
        call("POST", receiver.url.replace("127.0.0.1", "localhost"), b"secret")
    assert refused.value.code == "refused_address"
    assert receiver.got == []


def test_a_server_that_hangs_is_doubt_in_time(receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_call, "READ", 0.1)
    receiver.script.append(Says(hangs=True))
    with pytest.raises(CallError) as slow:
        call("POST", receiver.url, b"x")
    assert isinstance(slow.value.outcome(False), Unknown)
    assert isinstance(slow.value.outcome(True), NotSent), "who knows repeats gets it again"


def test_a_call_as_a_whole_has_an_end(receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_call, "WHOLE", 0.2)
    receiver.script.append(Says(hangs=True))
    with pytest.raises(CallError) as slow:
        call("POST", receiver.url, b"x")
    assert slow.value.is_doubtful


def test_an_answer_that_never_ends_is_cut(receiver: HttpReceiver) -> None:
    receiver.script.append(Says(body=b"x" * 10**6))
    assert len(call("GET", receiver.url).body) == http_call.ANSWER_MAX


def test_no_password_of_a_netrc_and_no_cookie_goes_along(
    receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login eve password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    call("POST", receiver.url, b"x")
    assert "authorization" not in receiver.got[0].headers
