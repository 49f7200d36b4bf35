"""What `trust` sees: the certificate that an endpoint shows, and that nothing is said to it."""

import socket
from datetime import UTC, date, datetime

import pytest
from cryptography import x509 as theirs
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator import SimCertificate as Simulated
from bot.xapi.certificate import Certificate, Described, certificate_of, described, shown_by
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint, TlsMode, Trust
from tests.xapi.asking import QUICK, Certificates, Serve
from tests.xapi.fake import FakeXapi, serving
from tests.xapi.server import Talk

SIMULATED = Simulated("xen-1.example", valid_from=date(1951, 12, 31), valid_until=date(2049, 2, 3)).der


@pytest.mark.parametrize("trust", [Trust(TlsMode.CA), Trust(TlsMode.PINNED, b"\0" * 32), Trust(TlsMode.INSECURE)])
def test_a_certificate_is_what_is_shown_and_nothing_is_sent(
    trust: Trust, serve: Serve, certificates: Certificates
) -> None:
    server = serve(serving(FakeXapi()), certificates.other.context())
    shown = shown_by(server.endpoint(trust), "lab")
    assert isinstance(shown, Certificate)
    assert shown.digest == certificates.other.pin
    assert server.received == b""


def test_a_host_that_is_away_has_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    failure = shown_by(Endpoint("127.0.0.1", port, Trust(TlsMode.CA)), "lab")
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.UNREACHABLE
    assert failure.message.startswith("lab did not answer")


def test_a_silent_host_has_none_in_time(serve: Serve) -> None:
    silent = serve(Talk.wait_until_closed, plain=True)
    failure = shown_by(silent.endpoint(Trust(TlsMode.CA)), "lab", bounds=QUICK)
    assert isinstance(failure, Failure)
    assert failure.code is FailureCode.TIMEOUT


def test_it_reads_as_others_read_it(certificates: Certificates) -> None:
    pem = certificates.good.file.read_bytes()
    for theirs_read in (theirs.load_der_x509_certificate(SIMULATED), theirs.load_pem_x509_certificate(pem)):
        der = theirs_read.public_bytes(Encoding.DER)
        ours = certificate_of(der)
        assert ours.digest == theirs_read.fingerprint(SHA256())
        assert ours.valid_from == theirs_read.not_valid_before_utc
        assert ours.valid_until == theirs_read.not_valid_after_utc
        assert ours.subject in theirs_read.subject.rfc4514_string()
        assert ours.subject.startswith("CN=")


def test_a_fingerprint_stands_as_the_configuration_and_as_openssl_have_it() -> None:
    shown = Certificate(bytes(range(0xE0, 0x100)), "", None, None)
    assert shown.pin.startswith("sha256:e0e1e2")
    assert shown.colons.startswith("E0:E1:E2:")
    assert len(shown.colons) == 95


def test_years_of_both_centuries_are_told_apart() -> None:
    assert described(SIMULATED) == Described(
        "CN=xen-1.example", datetime(1951, 12, 31, tzinfo=UTC), datetime(2049, 2, 3, tzinfo=UTC)
    )


@given(st.binary(max_size=200))
def test_any_bytes_are_described_or_not(data: bytes) -> None:
    described(data)


@given(st.integers(0, len(SIMULATED) - 1), st.binary(max_size=4), st.integers(0, 8))
def test_any_spoilt_certificate_is_described_or_not(at: int, put: bytes, cut: int) -> None:
    described(SIMULATED[:at] + put + SIMULATED[at + cut :])
