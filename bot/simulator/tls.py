"""What hosts of an era show below HTTP: their certificates, and the TLS that they speak."""

import ssl
import threading
import warnings
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# `cryptography` is imported by the functions that make certificates: a demo answers look-ups before its hosts have any.


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
        """The same, with the names of a host that has this address."""
        return self if self.names is not None else replace(self, names=(self.name, address))

    @property
    def der(self) -> bytes:
        """The certificate, signed with the process's key of that size."""
        return _certificate(self)

    @property
    def pem(self) -> str:
        return ssl.DER_cert_to_PEM_cert(self.der)

    @property
    def pin(self) -> bytes:
        """SHA-256 of the DER certificate: 32 bytes."""
        return sha256(self.der).digest()

    @property
    def key_pem(self) -> str:
        """The private key that goes with it."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        key = _shared_key(self.bits)
        return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@lru_cache(maxsize=4096)
def _certificate(wanted: SimCertificate) -> bytes:
    """The DER of a certificate that names its own key as its issuer's, as strict verifiers want it."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    key = _shared_key(wanted.bits)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, wanted.name)])
    own_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    names: list[x509.GeneralName] = []
    for valid_for in (wanted.name,) if wanted.names is None else wanted.names:
        try:
            names.append(x509.IPAddress(ip_address(valid_for)))
        except ValueError:
            names.append(x509.DNSName(valid_for.encode("idna").decode()))
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(wanted.number)
        .public_key(key.public_key())
        .not_valid_before(datetime.combine(wanted.valid_from, time(), UTC))
        .not_valid_after(datetime.combine(wanted.valid_until, time(), UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(own_key, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_key), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, SHA256())
        .public_bytes(Encoding.DER)
    )


_LOCK: Final = threading.Lock()
_KEYS: "Final[dict[int, RSAPrivateKey]]" = {}


def _shared_key(bits: int) -> "RSAPrivateKey":
    """The key of that size that all simulated hosts of this process share, made at the first call."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    with _LOCK:  # else two threads that come first at once would get two keys
        if bits not in _KEYS:
            _KEYS[bits] = generate_private_key(public_exponent=65537, key_size=bits)
        return _KEYS[bits]


class _Policy(NamedTuple):
    """TLS versions as numbers of the protocol's (3, n), and ciphers by OpenSSL's names."""

    lowest: int
    highest: int
    ciphers: str
    curve: str | None = None


_RSA: Final = "AES256-SHA:AES128-SHA"
_WEAK: Final = ":@SECLEVEL=0"
_MODERN: Final = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"


class SimTls(Enum):
    """What a host offers, by era: `scripts/init.d-xapissl` and `xapi_stunnel_server.ml` of xapi at the releases' tags.

    Python's default ciphers leave RSA key exchange out, so its default context shakes hands with MIXED and MODERN only.
    QUICK is MODERN on the curve that costs least, half the work: for benches, where a simulator must not be slow.
    """

    OLD = _Policy(1, 1, _RSA + _WEAK)  # up to 6.5
    RSA = _Policy(1, 3, f"AES128-SHA256:{_RSA}{_WEAK}")  # 7.0 to 7.6, with the legacy setting that is on by default
    MIXED = _Policy(
        1, 3, f"ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA256:{_RSA}{_WEAK}"
    )  # 8.0, 8.1
    MODERN = _Policy(3, 3, _MODERN, "secp384r1")  # since 8.2
    QUICK = _Policy(3, 3, _MODERN, "prime256v1")


_VERSIONS: Final = {1: ssl.TLSVersion.TLSv1, 3: ssl.TLSVersion.TLSv1_2}
_USUAL_BITS: Final = 2048  # smaller keys load at the lowest security level only


class SimContexts:
    """Server contexts by certificate and era, made once. Certificates pass through files, as `ssl` reads no others."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="xapi-simulator-")
        self._made: dict[tuple[SimCertificate, SimTls], ssl.SSLContext] = {}

    def get(self, certificate: SimCertificate, tls: SimTls) -> ssl.SSLContext:
        """The context for hosts with this certificate, whose names must be known (`SimCertificate.at`)."""
        made = self._made.get((certificate, tls))
        if made is not None:
            return made
        policy: _Policy = tls.value
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        weak = certificate.bits < _USUAL_BITS and _WEAK not in policy.ciphers
        context.set_ciphers(policy.ciphers + (_WEAK if weak else ""))
        with warnings.catch_warnings():  # that TLS 1.0 is out of date is the point here
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = _VERSIONS[policy.lowest]
            context.maximum_version = _VERSIONS[policy.highest]
        if policy.curve:
            context.set_ecdh_curve(policy.curve)
        file = Path(self._folder.name) / "host.pem"
        file.touch(mode=0o600)
        file.write_text(certificate.key_pem + certificate.pem)
        context.load_cert_chain(file)
        self._made[certificate, tls] = context
        return context

    def close(self) -> None:
        self._folder.cleanup()
