"""What `trust` sees: the certificate that an endpoint shows, and that nothing is said to it."""

import socket
import ssl
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator import SimCertificate as Simulated
from bot.xapi.certificate import Certificate, certificate_of, shown_by, valid_until
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint, TlsMode, Trust
from tests.xapi.certificates import self_signed
from tests.xapi.fake import FakeXapi, serving
from tests.xapi.probing import QUICK, Certificates, Serve
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


def test_it_reads_as_openssl_reads_it(serve: Serve, certificates: Certificates) -> None:
    server = serve(serving(FakeXapi()))
    context = ssl.create_default_context(cafile=str(certificates.authority.file))
    with (
        socket.create_connection(("127.0.0.1", server.port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as verified,
    ):
        der, theirs = verified.getpeercert(binary_form=True), verified.getpeercert()
    assert der is not None
    assert theirs is not None
    ours = certificate_of(der)
    assert ours.digest == certificates.good.pin
    assert ours.subject == "CN=good"
    assert theirs["subject"] == ((("commonName", "good"),),)
    for read, written in ((ours.valid_from, theirs["notBefore"]), (ours.valid_until, theirs["notAfter"])):
        assert read == datetime.fromtimestamp(ssl.cert_time_to_seconds(str(written)), UTC)


def test_names_stand_in_their_order_and_each_is_cut() -> None:
    kinds = {NameOID.COUNTRY_NAME: "CH", NameOID.ORGANIZATION_NAME: "Example, Inc.", NameOID.COMMON_NAME: "xen-1"}
    subject = x509.Name(
        [
            *(x509.NameAttribute(kind, value) for kind, value in kinds.items()),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "u" * 300, _validate=False),
        ]
    )
    assert certificate_of(self_signed(subject)).subject == f"O=Example, Inc., CN=xen-1, OU={'u' * 256}"


def test_a_fingerprint_stands_as_the_configuration_and_as_openssl_have_it() -> None:
    shown = Certificate(bytes(range(0xE0, 0x100)), "", None, None)
    assert shown.pin.startswith("sha256:e0e1e2")
    assert shown.colons.startswith("E0:E1:E2:")
    assert len(shown.colons) == 95


def test_years_of_both_centuries_are_told_apart() -> None:
    assert certificate_of(SIMULATED)[1:] == (
        "CN=xen-1.example",
        datetime(1951, 12, 31, tzinfo=UTC),
        datetime(2049, 2, 3, tzinfo=UTC),
    )


@given(st.binary(max_size=200))
def test_any_bytes_are_described_or_not(data: bytes) -> None:
    assert certificate_of(data).digest == sha256(data).digest()


@given(st.integers(0, len(SIMULATED) - 1), st.binary(max_size=4), st.integers(0, 8))
def test_any_spoilt_certificate_is_described_or_not(at: int, put: bytes, cut: int) -> None:
    spoilt = SIMULATED[:at] + put + SIMULATED[at + cut :]
    assert certificate_of(spoilt).digest == sha256(spoilt).digest()


@pytest.mark.parametrize(
    "ends", [date(1999, 12, 31), date(2026, 12, 5), date(2049, 2, 3), date(2050, 1, 1), date(9999, 12, 31)]
)
def test_when_it_ends_is_read_without_a_library(ends: date) -> None:
    der = Simulated("xen-1.example", valid_from=date(1951, 12, 31), valid_until=ends).der
    assert valid_until(der) == certificate_of(der).valid_until == datetime(ends.year, ends.month, ends.day, tzinfo=UTC)


@given(st.binary(max_size=200))
def test_when_any_bytes_end_is_a_moment_or_not_known(data: bytes) -> None:
    found = valid_until(data)
    assert found is None or found.tzinfo is UTC


@given(st.integers(0, len(SIMULATED) - 1), st.binary(max_size=4), st.integers(0, 8))
def test_when_a_spoilt_certificate_ends_is_what_the_library_reads_where_it_reads_it(
    at: int, put: bytes, cut: int
) -> None:
    spoilt = SIMULATED[:at] + put + SIMULATED[at + cut :]
    ours, theirs = valid_until(spoilt), certificate_of(spoilt).valid_until
    assert theirs is None or ours == theirs
