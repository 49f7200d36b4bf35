"""What whoever plays the operator can do to hosts: `do upgrade xen-12`, `do down xen-1`, `do up spare-1`."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.chat.reply import Ask, Paragraph, Reply, Strong, line
from bot.demo.hosts import SimulatedHosts
from bot.demo.simulator import CITRIX, XCP_NG, XENSERVER, Release, SimHost, SimulatedHost, release
from bot.errors import UsageError
from bot.query.text import shown

WORD = "do"
NAMED = 5
"""So many hosts are told by name."""

_NEWEST = {XCP_NG: release(XCP_NG, "8.3"), XENSERVER: release(XENSERVER, "9"), CITRIX: release(XENSERVER, "8")}

_Deed = Callable[[SimHost], SimHost]


def _upgraded(host: SimHost) -> SimHost:
    return replace(host, release=successor(host.release), restart_pending=False)


def _down(host: SimHost) -> SimHost:
    return replace(host, up=False)


def _up(host: SimHost) -> SimHost:
    """It answers, and shows the certificate that the inventory pins."""
    return replace(host, up=True, emergency=(), faults=(), certificate=host.pinned or host.certificate)


_DEEDS: dict[str, _Deed] = {"upgrade": _upgraded, "down": _down, "up": _up}


def examples(hosts: SimulatedHosts) -> tuple[str, ...]:
    """Something to type for each of them, about hosts that there are."""
    every = [host for pool in hosts.pools for host in pool.hosts]
    old = next((host for host in every if successor(host.release) != host.release), every[0])
    away = next((host for host in every if not host.up), every[0])
    return f"do upgrade {old.name}", f"do down {every[0].name}", f"do up {away.name}"


def successor(runs: Release) -> Release:
    """What it is upgraded to; itself if it is the newest. XenServer 9 is reached from 8 alone."""
    eight = release(XENSERVER, "8")
    return eight if runs.product == XENSERVER and runs.api < eight.api else _NEWEST[runs.product]


def is_deed(typed: str, hosts: SimulatedHosts) -> bool:
    """Whether words are meant for the operator, not the bot: "do you know 8.3?" is a question."""
    word, *rest = typed.casefold().split()[:3] or [""]
    return word == WORD and (not rest or rest[0] in _DEEDS or any(hosts.find(name) for name in rest))


def do(typed: str, hosts: SimulatedHosts) -> Reply:
    """Do it, and say what is different now. UsageError for what cannot be done; then nothing is."""
    _, verb, *names = [*typed.replace(",", " ").split(), ""][:50]
    deed, wanted = _DEEDS.get(verb.casefold()), [name for name in names if name and name.casefold() != "and"]
    if deed is None or not wanted:
        how = ", ".join(examples(hosts))
        raise UsageError(f"Say what happens to which host: {how}. A pool's name means all its hosts.")
    chosen = {host.name: host for name in wanted for host in _found(hosts, name)}
    changed = [host for host in chosen.values() if deed(host.now) != host.now]
    for host in changed:
        host.change(deed)
    told = changed or [*chosen.values()]
    first = line(Strong(_names(told)), f" {_state(verb.casefold(), told)}{'' if changed else ' already'}.")
    if not changed:
        return Reply("deed", first)
    hears = line("xocompat hears of it when it asks again.")
    return Reply("deed", first, (Paragraph((hears,)),), (Ask("Sweep now", "sweep"),))


def _found(hosts: SimulatedHosts, name: str) -> tuple[SimulatedHost, ...]:
    found = hosts.find(name)
    if not found:
        some = ", ".join(host.name for pool in hosts.pools[:NAMED] for host in pool.hosts[:2])
        raise UsageError(f'There is no simulated host "{shown(name)}". Some that there are: {some}.')
    return found


def _names(hosts: Sequence[SimulatedHost]) -> str:
    names = [host.name for host in hosts[:NAMED]]
    if (more := len(hosts) - NAMED) > 0:
        return f"{', '.join(names)} and {more} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]


def _state(verb: str, hosts: Sequence[SimulatedHost]) -> str:
    one = len(hosts) == 1
    if verb == "upgrade":
        runs = " and ".join(dict.fromkeys(f"{r.product} {r.name}" for r in (host.now.release for host in hosts)))
        return f"{'runs' if one else 'run'} {runs}"
    return f"{'is' if one else 'are'} {verb}"
