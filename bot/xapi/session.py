"""Login and logout, and how each host was found to speak, so that the next login is understood at once."""

import secrets
import threading
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from bot.catalogue import say
from bot.xapi.bounds import Clock, Deadline
from bot.xapi.connection import Connection
from bot.xapi.errors import BAD_REPLY, BOOTING, LOGIN_REFUSED, NO_PASSWORD, NOT_AUTHORIZED, NOT_XAPI, ProbeError
from bot.xapi.observation import FailureCode, Host, Pool, Software, Transport, shared
from bot.xapi.rpc import NotSpoken, Param, XapiRefused, call
from bot.xapi.target import CredentialsError, Endpoint, Secret, Target

REMEMBERED = 86_400.0
"""Seconds after which the newest transport is tried again at a host: it may have been upgraded."""

SPOKEN = (Transport.JSON_RPC_2, Transport.JSON_RPC_1, Transport.XML_RPC)
"""What hosts may understand, the newest first."""

API_VERSION = "1.1"
_LOGIN = "session.login_with_password"
_LONGEST_REFERENCE = 256
_EMERGENCY = frozenset(
    {
        "HOST_STILL_BOOTING",
        "HOST_HAS_NO_MANAGEMENT_IP",
        "HOST_MASTER_CANNOT_TALK_BACK",
        "HOST_UNKNOWN_TO_MASTER",
        "HOST_ITS_OWN_SLAVE",
        "HOST_BROKEN",
        "HOST_XAPI_VERSION_HIGHER_THAN_COORDINATOR",
    }
)
"""Answers to any call in emergency mode."""

_NOT_AUTHORIZED = frozenset({"SESSION_AUTHORIZATION_FAILED", "RBAC_PERMISSION_DENIED"})

Described = TypeVar("Described", Host, Pool, Software)


class HostDialect(NamedTuple):
    """A transport, and whether a login takes an originator (from XenServer 6.2 on)."""

    transport: Transport = Transport.JSON_RPC_2
    originator: bool = True


class Dialects:
    """Dialects by address, for a day. Thread-safe; holds no more than the inventory has addresses."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, int], tuple[HostDialect, float]] = {}

    def of(self, endpoint: Endpoint) -> HostDialect:
        """What the endpoint spoke last, or the newest."""
        with self._lock:
            dialect, until = self._known.get((endpoint.host, endpoint.port), (HostDialect(), 0.0))
        return dialect if self._clock() < until else HostDialect()

    def learn(self, endpoint: Endpoint, dialect: HostDialect) -> None:
        """A login at the endpoint worked so. What was known already is not remembered for longer."""
        with self._lock:
            known, until = self._known.get((endpoint.host, endpoint.port), (None, 0.0))
            if known != dialect or until <= self._clock():
                self._known[endpoint.host, endpoint.port] = (dialect, self._clock() + REMEMBERED)


class NotCoordinator(Exception):
    """The host is a supporter, and says that its pool's coordinator is elsewhere. The address is its own words."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()


def _error_of(refused: XapiRefused, logged_in: bool) -> ProbeError | NotCoordinator:
    """What a refusal means before or after the login. A host in emergency mode may also call it INTERNAL_ERROR."""
    code = refused.code
    if code == "HOST_IS_SLAVE":
        return NotCoordinator(refused.params[0] if refused.params else "")
    if code in _EMERGENCY or (code == "INTERNAL_ERROR" and not logged_in):
        return ProbeError(BOOTING, code)
    if code == "SESSION_AUTHENTICATION_FAILED" and not logged_in:
        return ProbeError(LOGIN_REFUSED)
    if code in _NOT_AUTHORIZED:
        return ProbeError(NOT_AUTHORIZED)
    if refused.is_xapi:
        return ProbeError(BAD_REPLY, say("refused with {code}", code=code))
    if logged_in:
        return ProbeError(BAD_REPLY, say("refused without a reason"))
    return ProbeError(NOT_XAPI, say("with an error of its own"))


class XapiSession:
    """A login that holds. `log_out` must follow, whatever happened."""

    def __init__(self, connection: Connection, transport: Transport, reference: Secret, password: Secret) -> None:
        self.transport = transport
        self.endpoint = connection.endpoint
        self._connection = connection
        self._reference = reference
        self._secrets = (reference, password)

    def call(self, method: str, deadline: Deadline) -> Any:
        """What a method without parameters of its own returns. ProbeError, NotCoordinator or TimeoutError if not."""
        try:
            return self._call(method, [self._reference], deadline)
        except XapiRefused as refused:
            raise _error_of(refused, logged_in=True) from None

    @property
    def certificate(self) -> bytes:
        """The DER of the certificate that the host has shown."""
        return self._connection.certificate

    def own(self, field: str, deadline: Deadline) -> Any:
        """A field of this session's own record; None on a host that knows no such field."""
        try:
            return self._call(f"session.get_{field}", [self._reference, self._reference], deadline)
        except XapiRefused as refused:
            if refused.code == "MESSAGE_METHOD_UNKNOWN":
                return None
            raise _error_of(refused, logged_in=True) from None

    def _call(self, method: str, params: list[Param], deadline: Deadline) -> Any:
        try:
            return call(self._connection, self.transport, method, params, deadline).value
        except NotSpoken:
            raise ProbeError(BAD_REPLY, say("no longer speaks as it did at the login")) from None
        except ProbeError as error:
            if error.code is not FailureCode.NOT_XAPI:
                raise
            raise ProbeError(BAD_REPLY, say("no longer speaks as it did at the login")) from None

    def cleaned(self, described: Described) -> Described:
        """A description with no secret of this session in its texts: the host knows them, and might repeat them."""

        def clean(value: Any) -> Any:
            if type(value) is str:  # not what is one of ours, such as a Power
                for secret in self._secrets:
                    value = secret.hidden_in(value)
            elif isinstance(value, Software):
                return shared(self.cleaned(value))
            elif type(value) is tuple:
                return tuple(map(clean, value))
            return value

        return type(described)(*map(clean, described))

    def log_out(self, deadline: Deadline) -> None:
        """End the session. That it fails changes no answer: the host ends forgotten sessions by itself, later."""
        with suppress(ProbeError, XapiRefused, NotSpoken, TimeoutError):
            call(self._connection, self.transport, "session.logout", [self._reference], deadline)


def log_in(connection: Connection, target: Target, dialects: Dialects, deadline: Deadline) -> XapiSession:
    """A session of the target's user at the connection's endpoint, in the transport that it understands.

    Other transports are tried only while the host understands none; whatever it answers to a login counts. ProbeError,
    NotCoordinator or TimeoutError if there is no session.
    """
    try:
        password = Secret(target.password())
    except CredentialsError as missing:
        raise ProbeError(NO_PASSWORD, str(missing)) from None
    dialect = dialects.of(connection.endpoint)
    left = [dialect.transport, *(each for each in SPOKEN if each is not dialect.transport)]
    while True:
        tried = dialect._replace(transport=left.pop(0))
        try:
            session, learnt = _log_in(connection, target.username, password, tried, deadline)
        except NotSpoken as unknown:
            left = [each for each in left if not unknown.no_json or each is Transport.XML_RPC]
            if not left:
                raise ProbeError(NOT_XAPI, str(unknown)) from None
        except XapiRefused as refused:
            raise _error_of(refused, logged_in=False) from None
        else:
            dialects.learn(connection.endpoint, learnt)
            return session


def _log_in(
    connection: Connection, username: str, password: Secret, dialect: HostDialect, deadline: Deadline
) -> tuple[XapiSession, HostDialect]:
    params: list[Param] = [username, password, API_VERSION]
    # Each login has its own originator, so that the host's limit on those of one never ends anybody else's session.
    originator = [f"xocompat-{secrets.token_hex(4)}"] if dialect.originator else []
    try:
        result = call(connection, dialect.transport, _LOGIN, [*params, *originator], deadline)
    except XapiRefused as refused:
        if not originator or refused.code != "MESSAGE_PARAMETER_COUNT_MISMATCH":
            raise
        originator = []
        result = call(connection, dialect.transport, _LOGIN, params, deadline)
    reference = result.value
    if not isinstance(reference, str) or not 0 < len(reference) <= _LONGEST_REFERENCE or not reference.isprintable():
        raise ProbeError(BAD_REPLY, say("let us in without a session"))
    session = XapiSession(connection, result.transport, Secret(reference), password)
    return session, HostDialect(result.transport, bool(originator))
