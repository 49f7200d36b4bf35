"""Who may come in, and where: logins and the check of sessions."""

import asyncio

from bot.simulator.fleet import Role, SimUser
from bot.simulator.protocol import Value, XapiError
from bot.simulator.sessions import SimSession
from bot.simulator.state import HostState

_METHOD = "session.login_with_password"


async def login(host: HostState, params: tuple[Value, ...]) -> str:
    """A new session's reference. A supporter sends its visitors on before it looks at the password.

    `originator` came with 6.2. Real hosts take and forget what is too many; older ones are told here to refuse it, as
    clients for them expect.
    """
    takes = host.host.release.takes_originator
    if len(params) < 2 or (len(params) > 3 and not takes):
        raise XapiError("MESSAGE_PARAMETER_COUNT_MISMATCH", _METHOD, "2", str(len(params)))
    if not all(isinstance(param, str) for param in params):
        raise XapiError("INTERNAL_ERROR", "Rpc.Runtime_error: expected a string")
    name, password, *rest = map(str, params)
    if not host.is_coordinator:
        raise _sent_on(host)
    user = await _authenticated(host, name, password)
    return host.pool.sessions.open(user, rest[1] if len(rest) > 1 else "", host.host.name).ref


def session_of(host: HostState, ref: Value) -> SimSession:
    """The session that a call names; raises XapiError if there is none, or if it is another host's to serve."""
    session = host.pool.sessions.find(str(ref))
    if session is None:
        raise XapiError("SESSION_INVALID", str(ref))
    if not host.is_coordinator:
        raise _sent_on(host)
    return session


async def _authenticated(host: HostState, name: str, password: str) -> SimUser:
    user = host.pool.user(name)
    if user is not None and user.password == password and user.role is not Role.NONE:
        return user
    await asyncio.sleep(host.pool.pool.refusal_seconds)
    if user is not None and user.password == password:
        raise XapiError("SESSION_AUTHORIZATION_FAILED", name, f"Subject {name} has no roles assigned.")
    raise XapiError("SESSION_AUTHENTICATION_FAILED", name, "Authentication failure")


def _sent_on(host: HostState) -> XapiError:
    return XapiError("HOST_IS_SLAVE", host.pool.coordinator.address)
