"""TLS as the inventory wants it: contexts made once, and a handshake that ends trusted or in a ProbeError.

Nothing but the handshake is sent before a certificate passed. Sessions are not resumed, nothing is compressed, and no
variable of the environment (SSLKEYLOGFILE) changes anything.
"""

import errno
import hashlib
import hmac
import socket
import ssl
import threading
from typing import Any, NamedTuple

from bot.catalogue import message, say
from bot.xapi.address import is_ip
from bot.xapi.bounds import Deadline
from bot.xapi.errors import (
    CLOSED_IN_HANDSHAKE,
    NOT_TLS,
    PIN_MISMATCH,
    TLS_FAILED,
    TLS_TOO_OLD,
    UNREADABLE_CA,
    UNTRUSTED,
    ProbeError,
)
from bot.xapi.target import Endpoint, TlsMode, Trust

_VERSIONS = {
    "1.0": ssl.TLSVersion.MINIMUM_SUPPORTED,
    "1.1": ssl.TLSVersion.MINIMUM_SUPPORTED,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
"""Python warns when the old versions are named; what is older than the minimum is refused after the handshake."""

_BELOW_1_1 = frozenset({"SSLv3", "TLSv1"})

_CIPHERS = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:RSA+AESGCM:RSA+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM"
"""Python's own list and, last, RSA key exchange: AES128-SHA256 is all that XenServer 6.5 to 7.x offers with TLS 1.2
(`good_ciphersuites` of xapi's stunnel.ml, "!EXPORT:RSA+AES128-SHA256")."""

_OLD_CIPHERS = "DEFAULT:@SECLEVEL=0"
_LEGACY_SERVER_CONNECT = 0x4
"""ssl.OP_LEGACY_SERVER_CONNECT, which Python names from 3.12 on: hosts of 5.x predate RFC 5746."""

_TOO_OLD = frozenset(
    {
        "DH_KEY_TOO_SMALL",
        "INSUFFICIENT_SECURITY",
        "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED",
        "NO_PROTOCOLS_AVAILABLE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_CIPHER_RETURNED",
        "WRONG_SIGNATURE_TYPE",
        "WRONG_SSL_VERSION",
    }
)
_NO_TLS = frozenset(
    {
        "BAD_RECORD_TYPE",
        "HTTPS_PROXY_REQUEST",
        "HTTP_REQUEST",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "UNEXPECTED_MESSAGE",
        "UNEXPECTED_RECORD",
        "WRONG_VERSION_NUMBER",
    }
)
_UNTRUSTED = {
    9: message("is not valid yet: compare the clocks"),
    10: message("has expired"),
    18: message("is signed by itself"),
    19: message("comes from an authority that is not trusted here"),
    20: message("comes from an authority that is not trusted here"),
    21: message("comes from an authority that is not trusted here"),
    23: message("was revoked"),
    62: message("is made for another name"),
    64: message("is made for another address"),
    66: message("has a key that is too short"),
    67: message("comes from an authority whose key is too short"),
    68: message("is signed with a method that is too weak"),
}
"""What OpenSSL's X509_V_ERR_ numbers mean (x509_vfy.h)."""


class _Kind(NamedTuple):
    """What makes two contexts the same."""

    verified: bool
    ca_file: str | None
    minimum: str


class TlsContexts:
    """TLS contexts, each made once: loading the system's CAs costs 25 ms. Thread-safe.

    A CA file is read when it is needed first, and again only if that failed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[_Kind, ssl.SSLContext] = {}

    def of(self, trust: Trust) -> ssl.SSLContext:
        """The context for a trust. A pin is not the context's business: the certificate is compared afterwards."""
        verified = trust.mode is TlsMode.CA
        kind = _Kind(verified, trust.ca_file if verified else None, trust.minimum)
        with self._lock:
            if kind not in self._made:
                self._made[kind] = _context(kind)
            return self._made[kind]


class _Socket(ssl.SSLSocket):
    """Closes itself where its peer has gone while it is made: it has the connection by then, and nobody has it."""

    def getpeername(self) -> Any:
        try:
            return super().getpeername()
        except OSError as error:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, "the peer has gone") from error


def _context(kind: _Kind) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = _Socket
    context.minimum_version = _VERSIONS[kind.minimum]
    old = kind.minimum in ("1.0", "1.1")
    context.set_ciphers(_OLD_CIPHERS if old else _CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | (_LEGACY_SERVER_CONNECT if old else 0)
    if not kind.verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif kind.ca_file is None:
        context.load_default_certs()
    else:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # whatever the operator put into the file is trusted
        try:
            context.load_verify_locations(kind.ca_file)
        except OSError:  # ssl.SSLError too: a file without certificates
            raise ProbeError(UNREADABLE_CA) from None
    return context


def secure(sock: socket.socket, endpoint: Endpoint, context: ssl.SSLContext, deadline: Deadline) -> ssl.SSLSocket:
    """TLS over a connected socket, once its certificate passed.

    If it does not, the socket is closed: ProbeError or TimeoutError.
    """
    trust, host = endpoint.trust, endpoint.host
    # What the certificate must be made for; Python sends it as SNI only if it is a name.
    name = host.partition("%")[0] if is_ip(host) else host.removesuffix(".")
    trusted = False
    wrapped: socket.socket = sock
    try:
        wrapped = tls = context.wrap_socket(sock, server_hostname=name or host, do_handshake_on_connect=False)
        tls.settimeout(deadline.left())
        tls.do_handshake()
        if trust.minimum == "1.1" and tls.version() in _BELOW_1_1:
            raise ProbeError(TLS_TOO_OLD, trust.minimum)
        if trust.mode is TlsMode.PINNED:
            digest = hashlib.sha256(tls.getpeercert(binary_form=True) or b"").digest()
            if not hmac.compare_digest(digest, trust.pin or b""):
                raise ProbeError(PIN_MISMATCH)
        trusted = True
    except TimeoutError:
        raise
    except OSError as error:
        raise _probe_error_of(error, trust) from None
    finally:
        if not trusted:
            wrapped.close()
    return tls


def _probe_error_of(error: OSError, trust: Trust) -> ProbeError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ProbeError(UNTRUSTED, say(_UNTRUSTED.get(error.verify_code, message("cannot be trusted here"))))
    if not isinstance(error, ssl.SSLError) or isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return ProbeError(CLOSED_IN_HANDSHAKE)
    reason = error.reason or say("no reason given")
    if reason in _TOO_OLD:
        return ProbeError(TLS_TOO_OLD, trust.minimum)
    return ProbeError(NOT_TLS) if reason in _NO_TLS else ProbeError(TLS_FAILED, reason)
