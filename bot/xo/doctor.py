"""Whether a Xen Orchestra can be asked, for `doctor`: address, certificate, token, and what the token may read.

That it cannot be asked for its version, or for missing updates, keeps nothing else from working: those are warnings.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from bot.xapi.bounds import ProbeBounds
from bot.xapi.connection import Connect
from bot.xapi.observation import Failure, FailureCode, Observation
from bot.xapi.target import TlsMode
from bot.xo.client import BOUNDS, OnDate, ask
from bot.xo.orchestra import Orchestra
from bot.xo.updates import BOUNDS as UPDATES
from bot.xo.updates import MissingUpdates, WhyNotAsked, ask_dashboard, ask_updates
from bot.xo.version import BOUNDS as VERSION
from bot.xo.version import ask_version

_BY_ITSELF = {
    WhyNotAsked.PLAN: ("its plan does not tell which updates hosts miss", "from Starter on, or from sources, it does"),
    WhyNotAsked.RIGHTS: ("the token's user may not read which updates hosts miss", "let that user read hosts"),
    WhyNotAsked.NOT_THERE: ("it does not know how to tell which updates hosts miss", "upgrade it"),
    WhyNotAsked.TIMEOUT: ("the host that was tried took too long", "is its mirror reachable from there?"),
}
_EMPTY = (WhyNotAsked.HOSTS_FAILED, WhyNotAsked.DASHBOARD_RIGHTS, WhyNotAsked.DASHBOARD)
_OF_DASHBOARD = {
    WhyNotAsked.PLAN: _BY_ITSELF[WhyNotAsked.PLAN],
    WhyNotAsked.DASHBOARD_RIGHTS: (
        "the token's user may not read the dashboard, so a host that seems to miss nothing is not believed",
        "make that user an administrator, if you want to know",
    ),
    WhyNotAsked.HOSTS_FAILED: (
        "some hosts could not be asked for their updates, so one that seems to miss nothing is not believed",
        "look in Xen Orchestra for hosts that are off or do not reach their mirror",
    ),
}


class Checked(NamedTuple):
    """`text` says what was found, or what is wrong and what to do; `mend` what to do besides."""

    ok: bool
    text: str
    mend: str = ""


def check(
    orchestra: Orchestra,
    now: Callable[[], datetime],
    bounds: ProbeBounds = BOUNDS,
    connect: Connect | None = None,
    on_date: OnDate | None = None,
) -> Checked:
    """Ask it as a sweep does. Blocks, `bounds.whole` seconds at most; `on_date` as in `ask`."""
    answers = ask(orchestra, now, bounds=bounds, connect=connect, on_date=on_date)
    for answer in answers:
        if isinstance(answer, Failure):
            return Checked(False, answer.message)
    hosts = sum(len(answer.hosts) for answer in answers if isinstance(answer, Observation))
    pools = len(answers)
    text = f"it tells {hosts} {'host' if hosts == 1 else 'hosts'} in {pools} {'pool' if pools == 1 else 'pools'}"
    if orchestra.endpoint.trust.mode is TlsMode.INSECURE:
        mend = f"set its `pin` under `tls` of {orchestra.name}"
        return Checked(True, f"{text}, its certificate is not checked", mend)
    return Checked(True, text)


def check_version(
    orchestra: Orchestra, now: Callable[[], datetime], bounds: ProbeBounds = VERSION, connect: Connect | None = None
) -> Checked | None:
    """Whether it tells its version, for which no token is sent. Blocks, `bounds.whole` seconds at most.

    None where nothing could be asked there: `check` says so.
    """
    told = ask_version(orchestra, now, bounds=bounds, connect=connect)
    if told.failure and (told.failure.code is FailureCode.UNREACHABLE or told.failure.code.startswith("tls_")):
        return None
    if told.failure:
        return Checked(True, told.failure.what.removesuffix("."), told.failure.mend.removesuffix("."))
    if told.xo_server:
        return Checked(True, f"it tells without a login that it is xo-server {told.xo_server}")
    mend = "let the proxy before it pass WebSockets on, and it tells xo-server's number"
    return Checked(True, f"it tells without a login that its REST API is {told.rest_api}", mend)


def check_updates(
    orchestra: Orchestra, now: Callable[[], datetime], bounds: ProbeBounds = UPDATES, connect: Connect | None = None
) -> Checked:
    """Whether it tells which updates a host misses; the first one that runs is tried.

    Blocks, four times `bounds.login` at most.
    """
    last: MissingUpdates | None = None
    bounds = bounds._replace(whole=min(bounds.whole, 4 * bounds.login))
    for told in ask_updates(orchestra, now, lambda running: running[:1], bounds=bounds, connect=connect):
        if isinstance(told, Failure):
            return Checked(True, told.what.removesuffix("."), told.mend.removesuffix("."))
        last = told[-1]
    if last is None or last.why in (WhyNotAsked.OFF, WhyNotAsked.LOST):
        return Checked(True, "no host runs, so none could be asked")
    if last.missing:
        return Checked(True, f"it tells which updates hosts miss ({len(last.missing)} of the one that was tried)")
    if last.asked or last.why in _EMPTY:
        return Checked(True, "it tells which updates hosts miss (an empty list of the one that was tried)")
    unusable = "what it answers about missing updates cannot be used", "look at its log"
    return Checked(True, *_BY_ITSELF.get(last.why, unusable) if last.why else unusable)


def check_dashboard(
    orchestra: Orchestra, now: Callable[[], datetime], bounds: ProbeBounds = UPDATES, connect: Connect | None = None
) -> Checked:
    """Whether its dashboard bears an empty list out. Blocks, `bounds.login` seconds at most."""
    told = ask_dashboard(orchestra, now, bounds=bounds, connect=connect)
    if told is None:
        return Checked(True, "every host could be asked for its updates")
    if isinstance(told, Failure):
        return Checked(True, told.what.removesuffix("."), told.mend.removesuffix("."))
    odd = "what it says of missing updates cannot be used", "look at its log"
    return Checked(True, *_OF_DASHBOARD.get(told, odd))
