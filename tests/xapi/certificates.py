"""Certificates made on the spot: an authority, and hosts that it vouches for or not."""

import hashlib
import ssl
import warnings
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Certificate(NamedTuple):
    """A certificate with its key in one PEM file, as a host has it, and its SHA-256 as a pin."""

    file: Path
    pin: bytes

    def context(self) -> ssl.SSLContext:
        """A server's context with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        return context

    def old_context(self, newest: ssl.TLSVersion, ciphers: str = "DEFAULT") -> ssl.SSLContext:
        """A server's context of other days: nothing newer than a version, and these ciphers."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        context.load_cert_chain(self.file)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.maximum_version = newest
        return context


class Authority:
    """Signs certificates into a folder; `file` is its own certificate."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = _key(2048)
        self._name = _name("Authority of the tests")
        self.file = folder / "authority.pem"
        certificate = self._sign(self._name, self._key, self._key, timedelta(0), is_authority=True)
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def certificate(
        self,
        name: str,
        *addresses: str,
        signed_by_itself: bool = False,
        starts_in: timedelta = timedelta(0),
        bits: int = 2048,
    ) -> Certificate:
        """A certificate for names and IP addresses, valid for a day from its start."""
        key = _key(bits)
        signer = key if signed_by_itself else self._key
        made = self._sign(_name(name), key, signer, starts_in, addresses)
        file = self._folder / f"{name}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + made.public_bytes(Encoding.PEM))
        return Certificate(file, hashlib.sha256(made.public_bytes(Encoding.DER)).digest())

    def _sign(
        self,
        subject: x509.Name,
        key: RSAPrivateKey,
        signer: RSAPrivateKey,
        starts_in: timedelta,
        addresses: tuple[str, ...] = (),
        is_authority: bool = False,
    ) -> x509.Certificate:
        begins = datetime.now(UTC) - timedelta(minutes=5) + starts_in
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name if signer is self._key else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if addresses:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general(a) for a in addresses]), False)
        return builder.sign(signer, hashes.SHA256())


def self_signed(subject: x509.Name) -> bytes:
    """The DER of a certificate that says so of itself."""
    key, now = _key(2048), datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _key(bits: int) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=bits)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(address))
    except ValueError:
        return x509.DNSName(address)
