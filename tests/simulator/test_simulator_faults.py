"""Everything that can be made to go wrong, as a client sees it."""

import time
from collections.abc import Callable

import pytest

from bot.simulator import (
    LOGIN,
    Body,
    ContentType,
    Delay,
    Drip,
    Fault,
    FaultMoment,
    Oversize,
    Raw,
    Refuse,
    Reset,
    Silence,
    SimulatedHost,
    Truncate,
    html_page,
    http_error,
    http_redirect,
    redirect_to,
    slow_login,
)
from tests.simulator.client import Connection, Reply, connected
from tests.simulator.conftest import OneHost

PING = b'{"method":"system.isAlive:x","params":["x"],"id":0}'
REQUEST = b"POST /jsonrpc HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(PING) + PING
PONG = b'{"result":"x","error":null,"id":0}'


@pytest.fixture
def failing(one_host: OneHost) -> Callable[..., SimulatedHost]:
    """A host that fails in the ways given."""

    def start(*faults: Fault) -> SimulatedHost:
        host = one_host()
        host.fail(*faults)
        return host

    return start


Failing = Callable[..., SimulatedHost]


def ping(connection: Connection) -> Reply:
    return connection.post("/jsonrpc", PING)


def says_nothing(connection: Connection) -> bool:
    connection.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        ping(connection)
    return True


def test_silence_after_accept_never_shakes_hands(failing: Failing) -> None:
    host = failing(Silence(FaultMoment.ACCEPT))
    with pytest.raises(TimeoutError), connected(host.address, timeout=0.2):
        pass
    assert (host.seen.connections, host.seen.handshakes, host.seen.bytes) == (1, 0, 0)


@pytest.mark.parametrize("moment", [FaultMoment.HANDSHAKE, FaultMoment.REQUEST])
def test_silence_after_the_handshake_takes_requests_and_answers_none(failing: Failing, moment: FaultMoment) -> None:
    host = failing(Silence(moment))
    with connected(host.address) as connection:
        assert says_nothing(connection)
    assert host.seen.bytes > 0


def test_a_reset_before_the_handshake(failing: Failing) -> None:
    host = failing(Reset(FaultMoment.ACCEPT))
    with pytest.raises(ConnectionResetError), connected(host.address):
        pass
    assert host.seen.handshakes == 0


@pytest.mark.parametrize(("moment", "sent"), [(FaultMoment.HANDSHAKE, b""), (FaultMoment.REQUEST, REQUEST)])
def test_a_reset_after_the_handshake(failing: Failing, moment: FaultMoment, sent: bytes) -> None:
    with connected(failing(Reset(moment)).address) as connection:
        connection.send(sent)
        with connection.below_tls() as below, pytest.raises(ConnectionResetError):  # in TLS Python makes an end of it
            below.recv(1)


def test_a_fault_can_wait_for_its_method(failing: Failing) -> None:
    host = failing(Silence(on="host.get_all_records"))
    with connected(host.address) as connection:
        session = connection.login()
        assert connection.json("pool.get_all_records", session)["result"]
        connection.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.json("host.get_all_records", session)
    assert host.seen.methods[-1] == "host.get_all_records"


def test_a_drip_is_as_slow_as_it_says(failing: Failing) -> None:
    with connected(failing(Drip(1000)).address) as connection:
        began = time.monotonic()
        reply = ping(connection)
        took = time.monotonic() - began
    assert reply.body == PONG
    assert took > 0.15  # of some 250 bytes


def test_a_truncated_answer_stops_where_it_says(failing: Failing) -> None:
    with connected(failing(Truncate(10)).address) as connection:
        connection.send(REQUEST)
        head, _, body = connection.rest().partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(PONG) in head
    assert body == PONG[:10]


@pytest.mark.parametrize("declared", [True, False])
def test_an_oversize_answer_is_well_formed_and_too_long(failing: Failing, declared: bool) -> None:
    with connected(failing(Oversize(1_000_000, declared)).address) as connection:
        reply = ping(connection)
    assert len(reply.body) == 1_000_000
    assert reply.json == {"result": "x", "error": None, "id": 0}
    assert ("content-length" in reply.headers) == declared


def test_other_answers_stand_in_for_the_right_one(failing: Failing) -> None:
    host = failing()
    with connected(host.address) as connection:
        host.fail(ContentType("text/plain"))
        assert ping(connection).headers["content-type"] == "text/plain"
        host.fail(Body(b"\xff"))
        assert ping(connection).body == b"\xff"
        host.fail(html_page("hello <you>"))
        assert b"hello &lt;you&gt;" in ping(connection).body
        host.fail(http_error(503, "Busy"))
        assert ping(connection).status == 503
        host.fail(http_redirect("https://127.0.0.9/"))
        assert (ping(connection).status, ping(connection).headers["location"]) == (301, "https://127.0.0.9/")
        host.fail(Raw(b"what?"))
        connection.send(REQUEST)
        assert connection.rest() == b"what?"


def test_a_login_can_be_sent_anywhere(failing: Failing) -> None:
    with connected(failing(redirect_to("169.254.169.254")).address) as connection:
        assert connection.json(LOGIN, "root", "demo")["error"]["data"] == ["169.254.169.254"]


def test_any_error_can_be_had_in_the_shape_of_the_request(failing: Failing) -> None:
    with connected(failing(Refuse("INTERNAL_ERROR", ("Not_found",), on="pool.get_all")).address) as connection:
        session = connection.login()
        assert connection.json("pool.get_all", session, version=1)["error"] == ["INTERNAL_ERROR", "Not_found"]
        assert "<value>Not_found</value>" in connection.xml("pool.get_all", session)


def test_a_slow_login_is_slow_and_nothing_else(failing: Failing) -> None:
    host = failing(slow_login(0.2))
    with connected(host.address) as connection:
        began = time.monotonic()
        assert ping(connection).body == PONG
        middle = time.monotonic()
        connection.login()
        assert time.monotonic() - middle >= 0.2 > middle - began


def test_faults_work_together_and_end_together(failing: Failing) -> None:
    host = failing(Delay(0.1), Truncate(0, on="nothing"), Body(b"first"), Body(b"second"))
    with connected(host.address) as connection:
        began = time.monotonic()
        assert ping(connection).body == b"first"
        assert time.monotonic() - began >= 0.1
        host.recover()
        assert ping(connection).body == PONG


def test_what_a_silent_host_received_is_still_seen(failing: Failing) -> None:
    host = failing(Silence(on=LOGIN))
    with connected(host.address) as connection:
        connection.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.login()
    assert (host.seen.credentials, host.sessions) == (1, ())
