"""What `trust` sees: the certificate that an endpoint shows, and that nothing is said to it."""

import socket

import pytest

from bot.xapi.fingerprint import fingerprint
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint, TlsMode, Trust
from tests.xapi.asking import QUICK, Certificates, Serve
from tests.xapi.fake import FakeXapi, serving
from tests.xapi.server import Talk


@pytest.mark.parametrize("trust", [Trust(TlsMode.CA), Trust(TlsMode.PINNED, b"\0" * 32), Trust(TlsMode.INSECURE)])
def test_a_fingerprint_is_what_is_shown_and_nothing_is_sent(
    trust: Trust, serve: Serve, certificates: Certificates
) -> None:
    server = serve(serving(FakeXapi()), certificates.other.context())
    assert fingerprint(server.endpoint(trust), "lab") == certificates.other.pin
    assert server.received == b""


def test_a_host_that_is_away_has_no_fingerprint() -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    failure = fingerprint(Endpoint("127.0.0.1", port, Trust(TlsMode.CA)), "lab")
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.UNREACHABLE
    assert failure.message.startswith("lab did not answer")


def test_a_silent_host_has_no_fingerprint_in_time(serve: Serve) -> None:
    silent = serve(Talk.wait_until_closed, plain=True)
    failure = fingerprint(silent.endpoint(Trust(TlsMode.CA)), "lab", bounds=QUICK)
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.TIMEOUT
