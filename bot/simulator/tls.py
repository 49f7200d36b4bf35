"""What hosts of an era speak below HTTP, and the contexts that speak it: made once, shared by all hosts alike."""

import ssl
import warnings
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from bot.simulator.certificate import SimCertificate


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
    """Server contexts by certificate and era. Certificates pass through files, as `ssl` reads no others."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="xapi-simulator-")
        self._made: dict[tuple[SimCertificate, SimTls], ssl.SSLContext] = {}

    def get(self, certificate: SimCertificate, tls: SimTls) -> ssl.SSLContext:
        """The context for hosts with this certificate; its names must be settled."""
        context = self._made.get((certificate, tls))
        if context is None:
            context = self._made[certificate, tls] = self._new(certificate, tls.value)
        return context

    def close(self) -> None:
        self._folder.cleanup()

    def _new(self, certificate: SimCertificate, policy: _Policy) -> ssl.SSLContext:
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
        return context
