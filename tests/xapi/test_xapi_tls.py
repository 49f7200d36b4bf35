"""Certificates, TLS versions, and that a password is never sent before they passed: real handshakes."""

import contextlib
import gc
import select
import socket
import ssl
import struct
import threading
import time
import warnings
from datetime import timedelta

import pytest

from bot.xapi.address import SocketAddress, resolve
from bot.xapi.bounds import Deadline
from bot.xapi.connection import TlsConnect
from bot.xapi.errors import ProbeError
from bot.xapi.observation import Failure, FailureCode, Probed
from bot.xapi.probe import Prober
from bot.xapi.target import Endpoint, TlsMode, Trust
from bot.xapi.tls import TlsContexts, secure
from tests.xapi.fake import FakeXapi, serving
from tests.xapi.probing import NOW, Certificates, Serve, failed, prober, seen, target
from tests.xapi.server import Script, Talk


def _ca(certificates: Certificates) -> Trust:
    return Trust(TlsMode.CA, ca_file=str(certificates.authority.file))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_an_authority_vouches_for_a_name_or_an_address(host: str, serve: Serve, certificates: Certificates) -> None:
    server = serve(serving(FakeXapi()))
    observed = seen(prober().probe(target(server.endpoint(_ca(certificates), host))))
    assert observed.tls is TlsMode.CA


@pytest.mark.parametrize(
    ("name", "addresses", "starts_in", "itself", "words"),
    [
        ("elsewhere", ("192.0.2.9",), 0, False, "another address"),
        ("expired", ("127.0.0.1",), -9, False, "expired"),
        ("early", ("127.0.0.1",), 9, False, "not valid yet"),
        ("itself", ("127.0.0.1",), 0, True, "signed by itself"),
    ],
)
def test_a_certificate_that_does_not_pass_gets_no_byte(
    name: str,
    addresses: tuple[str, ...],
    starts_in: int,
    itself: bool,
    words: str,
    serve: Serve,
    certificates: Certificates,
) -> None:
    starts = timedelta(days=starts_in)
    bad = certificates.authority.certificate(name, *addresses, starts_in=starts, signed_by_itself=itself)
    server = serve(serving(FakeXapi()), bad.context())
    failure = failed(prober().probe(target(server.endpoint(_ca(certificates)))))
    assert failure.code is FailureCode.TLS_UNTRUSTED
    assert words in failure.message
    assert "trust this very certificate: `xocompat trust lab`." in failure.message
    assert server.received == b""


def test_a_certificate_for_another_name_gets_no_byte(serve: Serve, certificates: Certificates) -> None:
    bad = certificates.authority.certificate("name", "xen-1.example.org")
    server = serve(serving(FakeXapi()), bad.context())
    failure = failed(prober().probe(target(server.endpoint(_ca(certificates), "localhost"))))
    assert (failure.code, server.received) == (FailureCode.TLS_UNTRUSTED, b"")
    assert "another name" in failure.message


def test_the_system_does_not_vouch_for_an_authority_of_our_own(serve: Serve) -> None:
    server = serve(serving(FakeXapi()))
    failure = failed(prober().probe(target(server.endpoint(Trust(TlsMode.CA)))))
    assert (failure.code, server.received) == (FailureCode.TLS_UNTRUSTED, b"")


def test_a_file_of_authorities_that_is_not_there_gets_no_connection(serve: Serve) -> None:
    server = serve(serving(FakeXapi()))
    failure = failed(prober().probe(target(server.endpoint(Trust(TlsMode.CA, ca_file="/no/such/file.pem")))))
    assert (failure.code, server.accepted) == (FailureCode.TLS_UNTRUSTED, 0)


def test_another_certificate_than_the_pinned_one_gets_no_byte(
    serve: Serve, pinned: Trust, certificates: Certificates
) -> None:
    server = serve(serving(FakeXapi()), certificates.other.context())
    failure = failed(prober().probe(target(server.endpoint(pinned))))
    assert failure.code is FailureCode.TLS_PIN_MISMATCH
    assert failure.message == (
        "lab showed another certificate than the pinned one, so nothing was sent. "
        "If it was replaced on purpose: `xocompat trust lab`."
    )
    assert server.accepted == 1
    assert server.received == b""


@pytest.mark.parametrize("pin", [None, b"", b"\0" * 32])
def test_a_pin_that_is_none_matches_nothing(pin: bytes | None, serve: Serve) -> None:
    server = serve(serving(FakeXapi()))
    failure = failed(prober().probe(target(server.endpoint(Trust(TlsMode.PINNED, pin)))))
    assert (failure.code, server.received) == (FailureCode.TLS_PIN_MISMATCH, b"")


@pytest.mark.parametrize(
    ("newest", "minimum", "passes"),
    [
        (ssl.TLSVersion.TLSv1, "1.0", True),
        (ssl.TLSVersion.TLSv1, "1.1", False),
        (ssl.TLSVersion.TLSv1, "1.2", False),
        (ssl.TLSVersion.TLSv1_1, "1.0", True),
        (ssl.TLSVersion.TLSv1_1, "1.1", True),
        (ssl.TLSVersion.TLSv1_1, "1.2", False),
        (ssl.TLSVersion.TLSv1_2, "1.2", True),
        (ssl.TLSVersion.TLSv1_2, "1.3", False),
        (ssl.TLSVersion.TLSv1_3, "1.0", True),
        (ssl.TLSVersion.TLSv1_3, "1.3", True),
    ],
)
@pytest.mark.parametrize("mode", TlsMode)
def test_an_old_tls_is_spoken_only_where_it_is_allowed(
    mode: TlsMode, newest: ssl.TLSVersion, minimum: str, passes: bool, serve: Serve, certificates: Certificates
) -> None:
    server = serve(serving(FakeXapi()), certificates.good.old_context(newest))
    trust = Trust(mode, certificates.good.pin, str(certificates.authority.file), minimum)
    probed = prober().probe(target(server.endpoint(trust)))
    if passes:
        seen(probed)
    else:
        failure = failed(probed)
        assert (failure.code, server.received) == (FailureCode.TLS_TOO_OLD, b"")
        assert f"older TLS than {minimum}" in failure.message


def test_the_one_cipher_of_xenserver_7_is_spoken(serve: Serve, certificates: Certificates, pinned: Trust) -> None:
    context = certificates.good.old_context(ssl.TLSVersion.TLSv1_2, "AES128-SHA256")
    seen(prober().probe(target(serve(serving(FakeXapi()), context).endpoint(pinned))))


def test_a_cipher_of_other_days_is_too_old(serve: Serve, certificates: Certificates, pinned: Trust) -> None:
    context = certificates.good.old_context(ssl.TLSVersion.TLSv1_2, "AES128-SHA")
    server = serve(serving(FakeXapi()), context)
    assert failed(prober().probe(target(server.endpoint(pinned)))).code is FailureCode.TLS_TOO_OLD
    seen(prober().probe(target(server.endpoint(pinned._replace(minimum="1.0")))))


def test_a_short_key_passes_by_its_pin_alone(serve: Serve, certificates: Certificates) -> None:
    short = certificates.authority.certificate("short", "127.0.0.1", bits=1024)
    context = short.old_context(ssl.TLSVersion.TLSv1_2)
    server = serve(serving(FakeXapi()), context)
    failure = failed(prober().probe(target(server.endpoint(_ca(certificates)))))
    assert (failure.code, server.received) == (FailureCode.TLS_UNTRUSTED, b"")
    assert "too short" in failure.message
    seen(prober().probe(target(server.endpoint(Trust(TlsMode.PINNED, short.pin)))))


@pytest.mark.parametrize(
    ("alert", "code"),
    [
        (40, FailureCode.TLS_TOO_OLD),  # handshake_failure
        (70, FailureCode.TLS_TOO_OLD),  # protocol_version
        (71, FailureCode.TLS_TOO_OLD),  # insufficient_security
        (112, FailureCode.TLS_UNTRUSTED),  # unrecognized_name
    ],
)
def test_an_alert_in_the_handshake_is_told_for_what_it_is(
    alert: int, code: FailureCode, serve: Serve, pinned: Trust
) -> None:
    server = serve(lambda talk: talk.send(b"\x15\x03\x01\x00\x02\x02" + bytes([alert])), plain=True)
    assert failed(prober().probe(target(server.endpoint(pinned)))).code is code


def test_a_name_is_sent_as_sni_and_a_number_is_not(serve: Serve, certificates: Certificates, pinned: Trust) -> None:
    names = list[str | None]()
    context = certificates.good.context()
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    server = serve(serving(FakeXapi()), context)
    for host in ("localhost", "127.0.0.1"):
        seen(prober().probe(target(server.endpoint(pinned, host))))
    assert names == ["localhost", None]


def test_contexts_are_made_once_for_each_kind_of_trust(certificates: Certificates) -> None:
    contexts, file = TlsContexts(), str(certificates.authority.file)
    ca = contexts.of(Trust(TlsMode.CA, ca_file=file))
    assert contexts.of(Trust(TlsMode.CA, ca_file=file)) is ca
    one = contexts.of(Trust(TlsMode.PINNED, b"1" * 32))
    assert contexts.of(Trust(TlsMode.PINNED, b"2" * 32)) is one
    assert contexts.of(Trust(TlsMode.INSECURE)) is one
    assert contexts.of(Trust(TlsMode.INSECURE, minimum="1.0")) is not one
    assert (ca.verify_mode, ca.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_second_address_of_a_name_is_tried(serve: Serve, pinned: Trust) -> None:
    server = serve(serving(FakeXapi()))

    def two(_: str, port: int, deadline: Deadline) -> list[SocketAddress]:
        dead = resolve("127.0.0.1", 1, deadline)
        return dead + resolve("127.0.0.1", port, deadline)

    asker = Prober(lambda: NOW, connect=TlsConnect(TlsContexts(), two))
    seen(asker.probe(target(server.endpoint(pinned, "two-addresses"))))


def test_the_dot_at_the_end_of_a_name_is_not_in_its_certificate(serve: Serve, certificates: Certificates) -> None:
    def here(_: str, port: int, deadline: Deadline) -> list[SocketAddress]:
        return resolve("127.0.0.1", port, deadline)

    asker = Prober(lambda: NOW, connect=TlsConnect(TlsContexts(), here))
    seen(asker.probe(target(serve(serving(FakeXapi())).endpoint(_ca(certificates), "localhost."))))


def test_many_probes_at_once_do_not_disturb_each_other(serve: Serve, pinned: Trust) -> None:
    asker, answers = prober(), list[Probed]()
    targets = [target(serve(serving(FakeXapi())).endpoint(pinned)) for _ in range(8)]
    threads = [threading.Thread(target=lambda t=t: answers.append(asker.probe(t))) for t in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert {seen(answer).address for answer in answers} == {str(t.endpoint) for t in targets}


@pytest.mark.parametrize("cut", [1, 5, 40, 300, 900])
def test_a_handshake_that_breaks_off_is_a_failure(
    cut: int, serve: Serve, pinned: Trust, certificates: Certificates
) -> None:
    probed = prober().probe(target(serve(_cut_after(cut, certificates), plain=True).endpoint(pinned)))
    assert isinstance(probed, Failure)
    assert probed.code is FailureCode.UNREACHABLE


def _cut_after(size: int, certificates: Certificates) -> Script:
    """The first bytes of a true server's answer to a ClientHello, then the end."""

    def script(talk: Talk) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = certificates.good.context().wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(talk.sock.recv(65536))
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        talk.send(outgoing.read()[:size])

    return script


def test_a_peer_that_is_gone_before_the_handshake_leaves_nothing_open() -> None:
    """Python takes the connection over before it finds that nobody is there."""
    with socket.create_server(("127.0.0.1", 0)) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = socket.create_connection(server.getsockname())
        theirs, _ = server.accept()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        theirs.close()  # with a reset
        select.select([ours], [], [], 5.0)
        endpoint = Endpoint("127.0.0.1", server.getsockname()[1], Trust(TlsMode.INSECURE))
        with pytest.raises(ProbeError, match="unreachable"):
            secure(ours, endpoint, TlsContexts().of(endpoint.trust), Deadline(time.monotonic, 5.0))
        gc.collect()
    assert ours.fileno() == -1
