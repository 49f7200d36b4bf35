"""Whether the hosts of the inventory can be asked: address, TLS, password, login, what the account may do, members."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any, NamedTuple, Protocol

from bot.check import Check
from bot.xapi.account import Account, Admission
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint, Target, TlsMode, Trust

AT_ONCE = 16
"""Addresses that are tried at a time."""

Say = Callable[[int, int], None]
"""Is told how many tries of how many are done."""

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


class _Tried(NamedTuple):
    """A target with what is becoming of it and of its members."""

    target: Target
    answer: Future[Admission | Failure]
    members: list[tuple[Endpoint, Future[Failure | None]]]

    @property
    def futures(self) -> list[Future[Any]]:
        """All that must be waited for."""
        members: list[Future[Any]] = [met for _, met in self.members]
        return [self.answer, *members]


def examine_targets(targets: Sequence[Target], tries: TargetClient, say: Say) -> tuple[Check, ...]:
    """The checks on all targets, in the inventory's order: a line for each, and one more for each warning."""
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doctor")
    try:
        tried = [_begun(threads, target, tries) for target in targets]
        every = [future for one in tried for future in one.futures]
        for done, _ in enumerate(as_completed(every), 1):
            say(done, len(every))
    finally:
        threads.shutdown(cancel_futures=True)  # after Ctrl-C: only those that are under way are waited for
    return tuple(check for one in tried for check in _checks(one))


def _begun(threads: ThreadPoolExecutor, target: Target, tries: TargetClient) -> _Tried:
    answer = threads.submit(tries.admit, target)
    return _Tried(target, answer, [(member, threads.submit(tries.meet, target, member)) for member in target.also])


def _checks(tried: _Tried) -> Iterator[Check]:
    answer = tried.answer.result()
    yield _answered(tried.target, answer)
    for member, met in tried.members:
        if failure := met.result():
            name = f"{_name(tried.target)} member {member}"
            yield _failed(name, failure, ok=failure.code in _AWAY)  # nothing leads there now, so it may well be away
    yield from _warnings(tried.target, answer)


def _failed(name: str, failure: Failure, ok: bool = False) -> Check:
    return Check(name, ok, failure.what, failure.mend)


def _answered(target: Target, answer: Admission | Failure) -> Check:
    if isinstance(answer, Failure):
        return _failed(_name(target), answer)
    by_way_of = f", by way of {target.endpoint}" if answer.address != str(target.endpoint) else ""
    who = f"{target.username} logs in ({answer.account})"
    return Check(_name(target), True, f"{answer.address} answers{by_way_of}, {_TRUST[answer.tls]}, {who}")


def _warnings(target: Target, answer: Admission | Failure) -> Iterator[Check]:
    trusts = [target.endpoint.trust, *(member.trust for member in target.also)]
    yield from (Check(f"{_name(target)} tls", True, *found) for found in _doubts(target, trusts))
    if isinstance(answer, Admission) and answer.account is not Account.READER:
        yield Check(f"{_name(target)} account", True, *_power(target, answer.account))


def _doubts(target: Target, trusts: Sequence[Trust]) -> Iterator[tuple[str, str]]:
    if any(trust.mode is TlsMode.INSECURE for trust in trusts):
        members = ", and each member by its address" if target.also else ""
        mend = f"look at it and pin it: `xocompat trust {target.name}`{members}"
        yield "whatever certificate is shown gets the password (`insecure`)", mend
    if old := sorted({trust.minimum for trust in trusts} & _OLD):
        mend = "upgrade the host, then take `minimum` out"
        yield f"TLS {old[0]} is allowed, which others may read along", mend


def _power(target: Target, account: Account) -> tuple[str, str]:
    reader = "a directory account with the role read-only is enough"
    match account:
        case Account.SUPERUSER:
            return f"{target.username} is a local account, so it may do everything", reader
        case Account.WRITER:
            return f"{target.username} may do more than read", reader
    return f"the host does not tell what {target.username} may do", f"see to it that it may only read: {reader}"


def _name(target: Target) -> str:
    return f"target {target.name}"
