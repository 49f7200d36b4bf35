"""Certificates as hosts make them for themselves: self-signed, RSA, valid for years; and the ways they go wrong."""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from hashlib import sha1, sha256
from ipaddress import ip_address

from bot.simulator import der
from bot.simulator.rsa import PUBLIC_EXPONENT, RsaKey, shared_key

_RSA = "1.2.840.113549.1.1.1"
_SHA256_WITH_RSA = "1.2.840.113549.1.1.11"
_COMMON_NAME = "2.5.4.3"
_BASIC_CONSTRAINTS = "2.5.29.19"
_SUBJECT_KEY = "2.5.29.14"
_AUTHORITY_KEY = "2.5.29.35"
_ALTERNATIVE_NAMES = "2.5.29.17"


@dataclass(frozen=True, slots=True)
class SimCertificate:
    """A self-signed certificate to be made. Equal values are the same certificate, in one process.

    `names` are host names and addresses that it is valid for; None: `name`, and the address that the host gets.
    Another `number` is another certificate with another pin, as after `xe host-emergency-reset-server-certificate`.
    Hosts upgraded from old releases may have `bits=1024` still.
    """

    name: str
    number: int = 1
    names: tuple[str, ...] | None = None
    valid_from: date = date(2020, 1, 1)
    valid_until: date = date(2045, 1, 1)
    bits: int = 2048

    def at(self, address: str) -> "SimCertificate":
        """The same, its names settled for a host with this address."""
        return self if self.names is not None else replace(self, names=(self.name, address))

    @property
    def der(self) -> bytes:
        """The certificate, signed with the process's key of that size."""
        return _minted(self)

    @property
    def pem(self) -> str:
        return der.pem("CERTIFICATE", self.der)

    @property
    def pin(self) -> bytes:
        """SHA-256 of the DER certificate: 32 bytes."""
        return sha256(self.der).digest()

    @property
    def key_pem(self) -> str:
        """The private key that goes with it, as PKCS #1."""
        return der.pem("RSA PRIVATE KEY", _private(shared_key(self.bits)))


@lru_cache(maxsize=4096)
def _minted(certificate: SimCertificate) -> bytes:
    key = shared_key(certificate.bits)
    algorithm = der.sequence(der.identifier(_SHA256_WITH_RSA), der.null())
    signed = _to_be_signed(certificate, key, algorithm)
    return der.sequence(signed, algorithm, der.bits(key.sign(signed)))


def _to_be_signed(certificate: SimCertificate, key: RsaKey, algorithm: bytes) -> bytes:
    """RFC 5280, section 4.1. Subject and issuer are the same."""
    name = der.sequence(der.set_of(der.sequence(der.identifier(_COMMON_NAME), der.text(certificate.name))))
    public = _public(key)
    subject_key = der.sequence(der.sequence(der.identifier(_RSA), der.null()), der.bits(public))
    return der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(certificate.number),
        algorithm,
        name,
        der.sequence(der.day(certificate.valid_from), der.day(certificate.valid_until)),
        name,
        subject_key,
        der.explicit(3, _extensions(certificate, sha1(public).digest())),
    )


def _extensions(certificate: SimCertificate, key_id: bytes) -> bytes:
    """With these a strict verifier takes the certificate as its own CA (Python's default since 3.13)."""
    names = certificate.names if certificate.names is not None else (certificate.name,)
    return der.sequence(
        _extension(_BASIC_CONSTRAINTS, der.sequence(der.boolean(True)), critical=True),
        _extension(_SUBJECT_KEY, der.octets(key_id)),
        _extension(_AUTHORITY_KEY, der.sequence(der.implicit(0, key_id))),
        _extension(_ALTERNATIVE_NAMES, der.sequence(*map(_general_name, names))),
    )


def _extension(kind: str, value: bytes, critical: bool = False) -> bytes:
    return der.sequence(der.identifier(kind), *([der.boolean(True)] if critical else []), der.octets(value))


def _general_name(name: str) -> bytes:
    try:
        return der.implicit(7, ip_address(name).packed)
    except ValueError:
        return der.implicit(2, name.encode("idna"))


def _public(key: RsaKey) -> bytes:
    return der.sequence(der.integer(key.modulus), der.integer(PUBLIC_EXPONENT))


def _private(key: RsaKey) -> bytes:
    """RFC 8017, appendix A.1.2."""
    exponent = key.private_exponent
    numbers = (0, key.modulus, PUBLIC_EXPONENT, exponent, key.p, key.q)
    remainders = (exponent % (key.p - 1), exponent % (key.q - 1), pow(key.q, -1, key.p))
    return der.sequence(*map(der.integer, numbers + remainders))
