"""Every failure that a host can cause, over real sockets: its code, its words, and that nothing is left behind."""

import socket

import pytest

from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import CredentialsError, Endpoint, Target, TlsMode, Trust
from tests.xapi.fake import HOSTS, LOGIN, LOGOUT, POOLS, Era, FakeXapi, http, saying, serving
from tests.xapi.probing import Serve, failed, prober, seen, target

EMERGENCY = [
    "HOST_STILL_BOOTING",
    "HOST_HAS_NO_MANAGEMENT_IP",
    "HOST_MASTER_CANNOT_TALK_BACK",
    "HOST_UNKNOWN_TO_MASTER",
    "HOST_ITS_OWN_SLAVE",
    "HOST_BROKEN",
    "HOST_XAPI_VERSION_HIGHER_THAN_COORDINATOR",
    "INTERNAL_ERROR",
]


def test_nothing_listens(pinned: Trust) -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    failure = failed(prober().probe(target(Endpoint("127.0.0.1", port, pinned))))
    assert failure.code is FailureCode.UNREACHABLE
    assert failure.what == "lab did not answer: nothing listens on its address."
    assert failure.mend == "Is the host up, and is the management network reachable from here?"
    assert failure.message == f"{failure.what} {failure.mend}"


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a" * 64 + ".invalid", "two..dots", "nul\0.invalid"])
def test_a_name_without_an_address_is_unreachable(name: str, pinned: Trust) -> None:
    failure = prober().probe(target(Endpoint(name, 443, pinned)))
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.UNREACHABLE


def test_a_service_that_hangs_up_at_once_is_unreachable(serve: Serve, pinned: Trust) -> None:
    failure = failed(prober().probe(target(serve(lambda _: None, plain=True).endpoint(pinned))))
    assert failure.code is FailureCode.UNREACHABLE
    assert "toolstack" in failure.message


def test_a_service_without_tls_is_no_xapi(serve: Serve, pinned: Trust) -> None:
    server = serve(lambda talk: talk.send(b"SSH-2.0-OpenSSH_9.6\r\n"), plain=True)
    failure = failed(prober().probe(target(server.endpoint(pinned))))
    assert failure.code is FailureCode.NOT_XAPI
    assert b"xocompat" not in server.received


@pytest.mark.parametrize("era", Era)
def test_a_wrong_password_is_refused_and_not_tried_again(era: Era, serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(era, password="another one")
    failure = failed(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert failure.code is FailureCode.LOGIN_REFUSED
    assert "user xocompat" in failure.message
    assert "LAB_PASSWORD" in failure.message
    assert xapi.methods == [LOGIN]


@pytest.mark.parametrize("era", Era)
def test_a_user_without_a_role_is_not_authorized(era: Era, serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(era, errors={LOGIN: ["SESSION_AUTHORIZATION_FAILED", "xocompat", "no role"]})
    failure = failed(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert failure.code is FailureCode.NOT_AUTHORIZED


@pytest.mark.parametrize("era", Era)
def test_a_user_that_may_not_read_is_not_authorized_and_logged_out(era: Era, serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(era, errors={HOSTS: ["RBAC_PERMISSION_DENIED", HOSTS, "no"]})
    failure = failed(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert failure.code is FailureCode.NOT_AUTHORIZED
    assert xapi.methods == [LOGIN, POOLS, HOSTS, LOGOUT]
    assert xapi.sessions == 0


@pytest.mark.parametrize("code", EMERGENCY)
@pytest.mark.parametrize("era", Era)
def test_a_host_in_emergency_mode_is_booting(era: Era, code: str, serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(era, errors={LOGIN: [code, "why"]})
    failure = failed(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert failure.code is FailureCode.BOOTING
    assert code in failure.message
    assert xapi.methods == [LOGIN]


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","error":["HOST_STILL_BOOTING"],"id":0}',
        b'{"error":["HOST_STILL_BOOTING"],"result":null,"id":0}',
        b'{"jsonrpc":"2.0","error":{"code":1,"message":"HOST_STILL_BOOTING","data":[]},"id":1}',
        b'{"jsonrpc":"2.0","error":{"code":0,"message":"HOST_STILL_BOOTING"},"id":null}',
    ],
)
def test_emergency_mode_is_understood_in_each_of_its_shapes(body: bytes, serve: Serve, pinned: Trust) -> None:
    failure = failed(prober().probe(target(serve(saying(http(body))).endpoint(pinned))))
    assert failure.code is FailureCode.BOOTING


@pytest.mark.parametrize("code", ["SESSION_INVALID", "INTERNAL_ERROR", "HANDLE_INVALID", "MESSAGE_REMOVED", "NEW_ONE"])
@pytest.mark.parametrize("era", Era)
def test_an_error_after_the_login_is_a_bad_reply(era: Era, code: str, serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(era, errors={POOLS: [code, "OpaqueRef:3c7a4c52"]})
    failure = failed(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert failure.code is FailureCode.BAD_REPLY
    assert code in failure.message
    assert xapi.methods == [LOGIN, POOLS, LOGOUT]


def test_what_a_host_says_beyond_a_code_is_not_told(serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(errors={POOLS: ["<!channel> \x1b[31m", "more"]})
    failure = failed(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert failure.code is FailureCode.BAD_REPLY
    assert "channel" not in failure.message


def test_a_password_that_comes_back_as_an_error_code_is_not_told(serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi(errors={LOGIN: ["NO_HUNTER2_HERE"]})
    asked = target(serve(serving(xapi)).endpoint(pinned), password="HUNTER2")
    assert "HUNTER2" not in repr(prober().probe(asked))


@pytest.mark.parametrize(
    "reply",
    [
        http(b"<html><title>Welcome</title></html>", "text/html; charset=utf-8"),
        http(b"<html><title>Welcome</title></html>", "text/html", "403 Forbidden"),
        http(b"", "text/html", "302 Found", "location: https://192.0.2.66/jsonrpc"),
        http(b'{"jsonrpc":"2.0","method":"x","id":1}'),
        http(b'{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}'),
        http(b"[]"),
        http(b"hello", "text/plain"),
        http(b'<?xml version="1.0"?><rss></rss>', "text/xml"),
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    ],
)
def test_what_is_no_xapi_is_told_so(reply: bytes, serve: Serve, pinned: Trust) -> None:
    server = serve(saying(*[reply] * 3))
    failure = failed(prober().probe(target(server.endpoint(pinned))))
    assert failure.code is FailureCode.NOT_XAPI
    assert server.received.count(b"session.login_with_password") == (2 if b"<rss>" in reply else 1)


def test_no_way_of_speaking_left_is_no_xapi(serve: Serve, pinned: Trust) -> None:
    server = serve(saying(*[http(b"", "text/html", "404 Not Found")] * 3))
    failure = failed(prober().probe(target(server.endpoint(pinned))))
    assert failure.code is FailureCode.NOT_XAPI
    assert "HTTP status 404" in failure.message
    assert server.accepted == 2


@pytest.mark.parametrize(
    "reply",
    [
        http(b'{"jsonrpc":"2.0","result":'),
        http(b'{"jsonrpc":"2.0","result":"\xff\xfe","id":1}'),
        http(b'{"jsonrpc":"2.0","result":"","id":1}'),
        http(b'{"jsonrpc":"2.0","result":{},"id":1}'),
        http(b'{"jsonrpc":"2.0","result":"OpaqueRef:x","id":7}'),
        http(b'{"jsonrpc":"2.0","result":' + b"9" * 5000 + b',"id":1}'),
        http(b"[" * 100_000),
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabcd\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 100 + b"\r\n",
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 20_000,
    ],
)
def test_a_reply_that_breaks_the_rules_is_a_bad_reply(reply: bytes, serve: Serve, pinned: Trust) -> None:
    failure = failed(prober().probe(target(serve(saying(reply)).endpoint(pinned))))
    assert failure.code is FailureCode.BAD_REPLY


def test_a_web_page_after_the_login_is_a_bad_reply(serve: Serve, pinned: Trust) -> None:
    login = http(b'{"jsonrpc":"2.0","result":"OpaqueRef:x","id":1}')
    page = http(b"<html></html>", "text/html")
    failure = failed(prober().probe(target(serve(saying(login, page, page)).endpoint(pinned))))
    assert failure.code is FailureCode.BAD_REPLY


@pytest.mark.parametrize(
    ("pools", "hosts"),
    [
        ([], {"OpaqueRef:1": {}}),
        ({}, {"OpaqueRef:1": {}}),
        ({"OpaqueRef:1": {}, "OpaqueRef:2": {}}, {"OpaqueRef:1": {}}),
        ({"OpaqueRef:1": "text"}, {"OpaqueRef:1": {}}),
        ({"OpaqueRef:1": {}}, {}),
        ({"OpaqueRef:1": {}}, "text"),
        ({"OpaqueRef:1": {}}, {"OpaqueRef:1": []}),
    ],
)
def test_records_of_another_shape_are_a_bad_reply(pools: object, hosts: object, serve: Serve, pinned: Trust) -> None:
    xapi = FakeXapi()
    xapi.pools, xapi.hosts = pools, hosts
    failure = failed(prober().probe(target(serve(serving(xapi)).endpoint(pinned))))
    assert failure.code is FailureCode.BAD_REPLY
    assert xapi.sessions == 0


def test_a_password_that_is_not_to_be_had_sends_nothing(serve: Serve, pinned: Trust) -> None:
    def missing() -> str:
        raise CredentialsError("LAB_PASSWORD is not set.")

    server = serve(serving(FakeXapi()))
    lab = Target("lab", server.endpoint(pinned), "xocompat", missing, "LAB_PASSWORD")
    failure = failed(prober().probe(lab))
    assert failure.code is FailureCode.LOGIN_REFUSED
    assert "LAB_PASSWORD is not set." in failure.message
    assert server.received == b""


def test_a_password_that_xml_cannot_carry_is_not_sent_in_xml(serve: Serve, pinned: Trust) -> None:
    server = serve(serving(FakeXapi(Era.XML_ONLY)))
    failure = failed(prober().probe(target(server.endpoint(pinned), password="bell\x07")))
    assert failure.code is FailureCode.LOGIN_REFUSED
    assert b"/RPC2" not in server.received


def test_an_insecure_target_is_asked_and_told_as_such(serve: Serve) -> None:
    observed = prober().probe(target(serve(serving(FakeXapi())).endpoint(Trust(TlsMode.INSECURE))))
    assert seen(observed).tls is TlsMode.INSECURE
