"""How each host was found to speak, so that the next login is understood at once."""

import secrets
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from bot.xapi import errors
from bot.xapi.bounds import Clock, Deadline, Secret
from bot.xapi.call import CallResult, NotSpoken, XapiRefused
from bot.xapi.connection import Connection
from bot.xapi.errors import ProbeError
from bot.xapi.observation import FailureCode, Host, Pool, Transport
from bot.xapi.rpc import Param, call
from bot.xapi.target import CredentialsError, Endpoint, Target

KEPT = 86_400.0
"""Seconds after which a host is asked in the newest way again: it may have been upgraded."""

SPOKEN = (Transport.JSON_RPC_2, Transport.JSON_RPC_1, Transport.XML_RPC)
"""What hosts may understand, the newest first."""


class HostDialect(NamedTuple):
    """A transport, and whether a login takes an originator (from XenServer 6.2 on)."""

    transport: Transport = Transport.JSON_RPC_2
    originator: bool = True

    @property
    def ways(self) -> list[Transport]:
        """All transports in the order in which they are tried: this one first, then the newest."""
        return [self.transport, *(way for way in SPOKEN if way is not self.transport)]


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
        """The endpoint was logged in to this way. What was known already is not kept for longer."""
        with self._lock:
            known, until = self._known.get((endpoint.host, endpoint.port), (None, 0.0))
            if known != dialect or until <= self._clock():
                self._known[endpoint.host, endpoint.port] = (dialect, self._clock() + KEPT)


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


def probe_error_of(refused: XapiRefused, logged_in: bool) -> ProbeError:
    """What a refusal means before or after the login. A host in emergency mode may also call it INTERNAL_ERROR."""
    code = refused.code
    if code in _EMERGENCY or (code == "INTERNAL_ERROR" and not logged_in):
        return errors.booting(code)
    if code == "SESSION_AUTHENTICATION_FAILED" and not logged_in:
        return errors.login_refused()
    if code in _NOT_AUTHORIZED:
        return errors.not_authorized()
    if refused.is_xapi:
        return errors.bad_reply(f"refused with {code}")
    return errors.bad_reply("refused without a reason") if logged_in else errors.not_xapi("with an error of its own")


API_VERSION = "1.1"
_LONGEST_REFERENCE = 256
Told = TypeVar("Told", Host, Pool)


class Supporter(Exception):
    """The host is a member of a pool, and says that its coordinator is elsewhere. The address is its own words."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()


class XapiSession:
    """A login that holds. `call` asks; `log_out` must follow, whatever happened."""

    def __init__(self, line: Connection, transport: Transport, reference: Secret, password: Secret) -> None:
        self.transport = transport
        self._line = line
        self._reference = reference
        self._secrets = (reference, password)

    def call(self, method: str, deadline: Deadline) -> Any:
        """What a method without parameters of its own returns. Trouble or Supporter if it does not, TimeoutError."""
        try:
            return self._ask(method, [self._reference], deadline)
        except XapiRefused as refused:
            raise _meaning(refused, logged_in=True) from None

    def own(self, field: str, deadline: Deadline) -> Any:
        """A field of this session's own record; None on a host that knows no such field."""
        try:
            return self._ask(f"session.get_{field}", [self._reference, self._reference], deadline)
        except XapiRefused as refused:
            if refused.code == "MESSAGE_METHOD_UNKNOWN":
                return None
            raise _meaning(refused, logged_in=True) from None

    def _ask(self, method: str, params: list[Param], deadline: Deadline) -> Any:
        try:
            return call(self._line, self.transport, method, params, deadline).value
        except NotSpoken:
            raise errors.bad_reply("no longer speaks as it did at the login") from None
        except ProbeError as stopped:
            if stopped.code is not FailureCode.NOT_XAPI:
                raise
            raise errors.bad_reply("no longer speaks as it did at the login") from None

    def cleaned(self, told: Told) -> Told:
        """What the host told, with no secret of this session in its texts: it knows them, and might say them."""
        return type(told)(*(self._cleaned(value) for value in told))

    def _cleaned(self, value: Any) -> Any:
        if isinstance(value, str):
            for secret in self._secrets:
                value = secret.hidden_in(value)
        return value

    def log_out(self, deadline: Deadline) -> None:
        """End the session. That it fails changes no answer: the host ends forgotten sessions by itself, later."""
        with suppress(ProbeError, XapiRefused, NotSpoken, TimeoutError):
            call(self._line, self.transport, "session.logout", [self._reference], deadline)


def log_in(line: Connection, target: Target, dialects: Dialects, deadline: Deadline) -> XapiSession:
    """A session of the target's user at the line's endpoint, in the transport that it understands.

    Other transports are tried only while the host understands none; whatever it answers to a login counts. Trouble,
    Supporter or TimeoutError if there is no session.
    """
    password = _password(target)
    dialect = dialects.of(line.endpoint)
    ways = dialect.ways
    while True:
        way = ways.pop(0)
        try:
            session, learnt = _log_in(line, target.username, password, dialect._replace(transport=way), deadline)
        except NotSpoken as unknown:
            ways = [other for other in ways if not unknown.no_json or other is Transport.XML_RPC]
            if not ways:
                raise errors.not_xapi(str(unknown)) from None
        except XapiRefused as refused:
            raise _meaning(refused, logged_in=False) from None
        else:
            dialects.learn(line.endpoint, learnt)
            return session


def _password(target: Target) -> Secret:
    try:
        return Secret(target.password())
    except CredentialsError as missing:
        raise errors.no_password(str(missing)) from None


def _log_in(
    line: Connection, username: str, password: Secret, dialect: HostDialect, deadline: Deadline
) -> tuple[XapiSession, HostDialect]:
    params: list[Param] = [username, password, API_VERSION]
    originator = dialect.originator
    try:
        said = _ask(line, dialect.transport, [*params, *([_originator()] if originator else [])], deadline)
    except XapiRefused as refused:
        if not originator or refused.code != "MESSAGE_PARAMETER_COUNT_MISMATCH":
            raise
        originator = False
        said = _ask(line, dialect.transport, params, deadline)
    return XapiSession(line, said.transport, _reference(said.value), password), HostDialect(said.transport, originator)


def _ask(line: Connection, transport: Transport, params: Sequence[Param], deadline: Deadline) -> CallResult:
    return call(line, transport, "session.login_with_password", params, deadline)


def _originator() -> str:
    """Unique, so that the host's limit on sessions of one originator never ends anybody else's."""
    return f"xocompat-{secrets.token_hex(4)}"


def _reference(value: object) -> Secret:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_REFERENCE or not value.isprintable():
        raise errors.bad_reply("let us in without a session")
    return Secret(value)


def _meaning(refused: XapiRefused, logged_in: bool) -> ProbeError | Supporter:
    if refused.code == "HOST_IS_SLAVE":
        return Supporter(refused.params[0] if refused.params else "")
    return probe_error_of(refused, logged_in)
