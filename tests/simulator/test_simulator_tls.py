"""The TLS of each era, and certificates in every condition."""

import hashlib
import ssl
from dataclasses import replace
from datetime import date

import pytest

from bot.simulator import SimCertificate, SimTls, SimulatedHost
from tests.simulator.client import connected, tls_context
from tests.simulator.conftest import OneHost

EPHEMERAL = "ECDHE+AESGCM"


def shaken(host: SimulatedHost, context: ssl.SSLContext) -> tuple[str | None, str]:
    """The TLS version and the cipher that a client and the host agree on."""
    with connected(host.address, context) as connection:
        cipher = connection.socket.cipher()
        return connection.socket.version(), cipher[0] if cipher else ""


def verifying(pem: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=pem)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


@pytest.mark.parametrize(
    ("product", "name", "version", "cipher"),
    [
        ("XenServer", "6.1", "TLSv1", "AES256-SHA"),
        ("XenServer", "6.5", "TLSv1", "AES256-SHA"),
        ("XenServer", "7.2", "TLSv1.2", "AES128-SHA256"),
        ("XCP-ng", "7.6", "TLSv1.2", "AES128-SHA256"),
        ("XCP-ng", "8.1", "TLSv1.2", "ECDHE-RSA-AES256-SHA384"),
        ("XCP-ng", "8.2", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"),
        ("XenServer", "8", "TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"),
    ],
)
def test_each_era_prefers_its_own(one_host: OneHost, product: str, name: str, version: str, cipher: str) -> None:
    assert shaken(one_host(product, name), tls_context()) == (version, cipher)


@pytest.mark.parametrize("name", ["6.5", "6.1"])
def test_a_client_of_today_finds_hosts_up_to_6_5_too_old(one_host: OneHost, name: str) -> None:
    host = one_host("XenServer", name)
    with pytest.raises(ssl.SSLError):
        shaken(host, tls_context("DEFAULT", ssl.TLSVersion.TLSv1_2))
    assert host.seen.handshakes == 0


def test_a_client_without_rsa_key_exchange_can_not_talk_to_7_x(one_host: OneHost) -> None:
    host = one_host("XenServer", "7.2")
    with pytest.raises(ssl.SSLError, match=r"(?i)handshake"):
        shaken(host, tls_context(EPHEMERAL, ssl.TLSVersion.TLSv1_2))
    assert shaken(host, tls_context(f"{EPHEMERAL}:AES128-SHA256", ssl.TLSVersion.TLSv1_2))[0] == "TLSv1.2"


def test_a_hosts_tls_can_be_other_than_its_releases(one_host: OneHost) -> None:
    assert shaken(one_host("XCP-ng", "8.3", tls=SimTls.OLD), tls_context())[0] == "TLSv1"
    assert shaken(one_host("XenServer", "6.1", tls=SimTls.QUICK), tls_context())[0] == "TLSv1.2"


def test_the_pin_is_of_the_certificate_that_is_shown(one_host: OneHost) -> None:
    host = one_host()
    with connected(host.address) as connection:
        shown = connection.socket.getpeercert(binary_form=True)
    assert shown
    assert hashlib.sha256(shown).digest() == host.address.pin == host.certificate.pin
    assert ssl.PEM_cert_to_DER_cert(host.certificate.pem) == shown


def test_a_strict_client_takes_the_certificate_as_its_own_ca(one_host: OneHost) -> None:
    host = one_host()
    assert shaken(host, verifying(host.certificate.pem))[0] == "TLSv1.2"
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
        shaken(host, ssl.create_default_context())
    assert host.seen.bytes == 0


@pytest.mark.parametrize(
    ("certificate", "complaint"),
    [
        (SimCertificate("xen-1", valid_until=date(2021, 1, 1)), "expired"),
        (SimCertificate("xen-1", valid_from=date(2044, 1, 1)), "not yet valid"),
        (SimCertificate("xen-1", names=("other.example",)), "IP address mismatch"),
    ],
)
def test_a_certificate_can_be_bad(one_host: OneHost, certificate: SimCertificate, complaint: str) -> None:
    host = one_host(certificate=certificate)
    with pytest.raises(ssl.SSLCertVerificationError, match=complaint):
        shaken(host, verifying(host.certificate.pem))


def test_a_certificate_can_change_under_way(one_host: OneHost) -> None:
    host = one_host()
    before = host.address.pin
    host.show_certificate(SimCertificate("xen-1", 2))
    assert host.address.pin != before
    with connected(host.address) as connection:
        shown = connection.socket.getpeercert(binary_form=True)
    assert hashlib.sha256(shown or b"").digest() == host.address.pin


def test_what_an_inventory_pins_can_be_out_of_date(one_host: OneHost) -> None:
    host = one_host(certificate=SimCertificate("xen-1", 2), pinned=SimCertificate("xen-1", 1))
    assert host.known_address.pin != host.address.pin
    host.change(lambda now: replace(now, pinned=None))
    assert host.known_address == host.address


def test_a_key_of_1024_bits_is_too_small_for_a_client_of_today(one_host: OneHost) -> None:
    host = one_host(certificate=SimCertificate("xen-1", bits=1024))
    assert shaken(host, tls_context())[0] == "TLSv1.2"
    context = verifying(host.certificate.pem)
    context.set_ciphers("DEFAULT:@SECLEVEL=2")
    with pytest.raises(ssl.SSLError, match=r"(?i)key too (small|weak)"):
        shaken(host, context)
