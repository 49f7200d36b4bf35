"""Whether the hosts of the inventory can be asked: address, TLS, password, login, and what the account may do."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from bot.doctor.check import Check
from bot.xapi.account import Account, Admission
from bot.xapi.observation import Failure
from bot.xapi.target import Target, TlsMode, Trust

AT_ONCE = 16
"""Targets that are tried at a time."""

Admit = Callable[[Target], Admission | Failure]
"""Logs in to a target and out again."""

Say = Callable[[int, int], None]
"""Is told how many targets of how many are done."""

_TRUST = {
    TlsMode.CA: "certificate checked",
    TlsMode.PINNED: "certificate pinned",
    TlsMode.INSECURE: "certificate not checked",
}
_OLD = frozenset({"1.0", "1.1"})


def examine(targets: Sequence[Target], admit: Admit, say: Say) -> tuple[Check, ...]:
    """The checks on all targets, in the inventory's order: a line for each, and one more for each warning."""
    if not targets:
        return ()
    threads = ThreadPoolExecutor(min(AT_ONCE, len(targets)), thread_name_prefix="doctor")
    try:
        tried = [threads.submit(admit, target) for target in targets]
        say(0, len(tried))
        for done, _ in enumerate(as_completed(tried), 1):
            say(done, len(tried))
    finally:
        threads.shutdown(cancel_futures=True)  # after Ctrl-C: only those that are under way are waited for
    return tuple(
        check
        for target, answer in zip(targets, tried, strict=True)
        for check in (_answered(target, answer.result()), *_warnings(target, answer.result()))
    )


def _answered(target: Target, answer: Admission | Failure) -> Check:
    if isinstance(answer, Failure):
        what, _, mend = answer.message.partition(". ")  # the first sentence says what happened, the others what to do
        return Check(_name(target), False, what.removesuffix("."), mend)
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
        mend = f"look at it and pin it: `xocompat trust {target.name}`"
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
