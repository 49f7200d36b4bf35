"""A session with a host: logged in once, logged out always."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeVar

from bot.xapi import trouble
from bot.xapi.bounds import Deadline
from bot.xapi.codes import trouble_of
from bot.xapi.dialect import Dialect, Dialects
from bot.xapi.line import Line
from bot.xapi.observation import FailureCode, Host, Pool, Transport
from bot.xapi.rpc import Param, call
from bot.xapi.said import NotSpoken, Refused, Said
from bot.xapi.secret import Secret
from bot.xapi.target import CredentialsError, Target
from bot.xapi.trouble import Trouble

API_VERSION = "1.1"
_LONGEST_REFERENCE = 256
Told = TypeVar("Told", Host, Pool)


class Supporter(Exception):
    """The host is a member of a pool, and says that its coordinator is elsewhere. The address is its own words."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()


class Session:
    """A login that holds. `call` asks; `log_out` must follow, whatever happened."""

    def __init__(self, line: Line, transport: Transport, reference: Secret, password: Secret) -> None:
        self.transport = transport
        self._line = line
        self._reference = reference
        self._secrets = (reference, password)

    def call(self, method: str, deadline: Deadline) -> Any:
        """What a method without parameters of its own returns. Trouble or Supporter if it does not, TimeoutError."""
        try:
            return self._ask(method, [self._reference], deadline)
        except Refused as refused:
            raise _meaning(refused, logged_in=True) from None

    def own(self, field: str, deadline: Deadline) -> Any:
        """A field of this session's own record; None on a host that knows no such field."""
        try:
            return self._ask(f"session.get_{field}", [self._reference, self._reference], deadline)
        except Refused as refused:
            if refused.code == "MESSAGE_METHOD_UNKNOWN":
                return None
            raise _meaning(refused, logged_in=True) from None

    def _ask(self, method: str, params: list[Param], deadline: Deadline) -> Any:
        try:
            return call(self._line, self.transport, method, params, deadline).value
        except NotSpoken:
            raise trouble.bad_reply("no longer speaks as it did at the login") from None
        except Trouble as stopped:
            if stopped.code is not FailureCode.NOT_XAPI:
                raise
            raise trouble.bad_reply("no longer speaks as it did at the login") from None

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
        with suppress(Trouble, Refused, NotSpoken, TimeoutError):
            call(self._line, self.transport, "session.logout", [self._reference], deadline)


def log_in(line: Line, target: Target, dialects: Dialects, deadline: Deadline) -> Session:
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
                raise trouble.not_xapi(str(unknown)) from None
        except Refused as refused:
            raise _meaning(refused, logged_in=False) from None
        else:
            dialects.learn(line.endpoint, learnt)
            return session


def _password(target: Target) -> Secret:
    try:
        return Secret(target.password())
    except CredentialsError as missing:
        raise trouble.no_password(str(missing)) from None


def _log_in(
    line: Line, username: str, password: Secret, dialect: Dialect, deadline: Deadline
) -> tuple[Session, Dialect]:
    params: list[Param] = [username, password, API_VERSION]
    originator = dialect.originator
    try:
        said = _ask(line, dialect.transport, [*params, *([_originator()] if originator else [])], deadline)
    except Refused as refused:
        if not originator or refused.code != "MESSAGE_PARAMETER_COUNT_MISMATCH":
            raise
        originator = False
        said = _ask(line, dialect.transport, params, deadline)
    return Session(line, said.transport, _reference(said.value), password), Dialect(said.transport, originator)


def _ask(line: Line, transport: Transport, params: Sequence[Param], deadline: Deadline) -> Said:
    return call(line, transport, "session.login_with_password", params, deadline)


def _originator() -> str:
    """Unique, so that the host's limit on sessions of one originator never ends anybody else's."""
    return f"xocompat-{secrets.token_hex(4)}"


def _reference(value: object) -> Secret:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_REFERENCE or not value.isprintable():
        raise trouble.bad_reply("let us in without a session")
    return Secret(value)


def _meaning(refused: Refused, logged_in: bool) -> Trouble | Supporter:
    if refused.code == "HOST_IS_SLAVE":
        return Supporter(refused.params[0] if refused.params else "")
    return trouble_of(refused, logged_in)
