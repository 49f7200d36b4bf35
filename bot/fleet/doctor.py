"""Whether the hosts of the inventory can be asked: address, TLS, password, login, what the account may do, members."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, NamedTuple, Protocol

from bot.checkup import Check
from bot.xapi.account import Account, Admission
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint, Target, TlsMode

AT_ONCE = 16
"""Addresses that are tried at a time."""

Say = Callable[[int, int], None]
"""Takes how many tries of how many are done."""

_TRUST = {
    TlsMode.CA: "certificate checked",
    TlsMode.PINNED: "certificate pinned",
    TlsMode.INSECURE: "certificate not checked",
}
_OLD = frozenset({"1.0", "1.1"})
_AWAY = frozenset({FailureCode.UNREACHABLE, FailureCode.TIMEOUT})


class TargetClient(Protocol):
    """Tries what a probe would do."""

    def admit(self, target: Target) -> Admission | Failure:
        """Log in to a target and out again."""

    def meet(self, target: Target, member: Endpoint) -> Failure | None:
        """What keeps a member from being asked, should a redirect lead there."""


class _Trial(NamedTuple):
    """A target with what is becoming of it and of its members."""

    target: Target
    answer: Future[Admission | Failure]
    members: list[tuple[Endpoint, Future[Failure | None]]]


def examine_targets(targets: Sequence[Target], client: TargetClient, say: Say) -> tuple[Check, ...]:
    """The checks on all targets, in the inventory's order: a line for each, and one more for each warning."""
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doctor")
    try:
        trials = [
            _Trial(
                target,
                threads.submit(client.admit, target),
                [(member, threads.submit(client.meet, target, member)) for member in target.also],
            )
            for target in targets
        ]
        every: list[Future[Any]] = [trial.answer for trial in trials]
        every += (met for trial in trials for _, met in trial.members)
        for done, _ in enumerate(as_completed(every), 1):
            say(done, len(every))
    finally:
        threads.shutdown(cancel_futures=True)  # after Ctrl-C: only those that are under way are waited for
    return tuple(check for trial in trials for check in _checks(trial))


def _checks(trial: _Trial) -> Iterator[Check]:
    target, answer = trial.target, trial.answer.result()
    name = f"target {target.name}"
    if isinstance(answer, Failure):
        yield _failed(name, answer)
    else:
        redirected = f", by way of {target.endpoint}" if answer.address != str(target.endpoint) else ""
        login = f"{target.username} logs in ({answer.account})"
        yield Check(name, True, f"{answer.address} answers{redirected}, {_TRUST[answer.tls]}, {login}")
    for member, met in trial.members:
        if failure := met.result():
            # Nothing leads there now, so it may well be away.
            yield _failed(f"{name} member {member}", failure, ok=failure.code in _AWAY)
    yield from (Check(f"{name} tls", True, *warning) for warning in _trust_warnings(target))
    if isinstance(answer, Admission) and answer.account is not Account.READER:
        yield Check(f"{name} account", True, *_account_warning(target, answer.account))


def _failed(name: str, failure: Failure, ok: bool = False) -> Check:
    return Check(name, ok, failure.what.removesuffix("."), failure.mend)


def _trust_warnings(target: Target) -> Iterator[tuple[str, str]]:
    """What is doubtful about how a target and its members are trusted, and what to do about it."""
    trusts = [target.endpoint.trust, *(member.trust for member in target.also)]
    if any(trust.mode is TlsMode.INSECURE for trust in trusts):
        members = ", and each member by its address" if target.also else ""
        mend = f"look at it and pin it: `xocompat trust {target.name}`{members}"
        yield "whatever certificate is shown gets the password (`insecure`)", mend
    if old := sorted({trust.minimum for trust in trusts} & _OLD):
        mend = "upgrade the host, then take `minimum` out"
        yield f"TLS {old[0]} is allowed, which others may read along", mend


def _account_warning(target: Target, account: Account) -> tuple[str, str]:
    """What an account may do that it need not, and what to do about it."""
    reader = "a directory account with the role read-only is enough"
    match account:
        case Account.SUPERUSER:
            return f"{target.username} is a local account, so it may do everything", reader
        case Account.WRITER:
            return f"{target.username} may do more than read", reader
    return f"the host does not tell what {target.username} may do", f"see to it that it may only read: {reader}"
