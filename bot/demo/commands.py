"""Words of the demo's own: of somebody who does not talk to the bot, but moves the clock or plays the operator."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from bot.chat.export import export
from bot.chat.reply import Ask, Bullets, Code, Paragraph, Reply, Strong, Typed, line
from bot.chat.wording import day_in_words, joined, span, with_more
from bot.demo.hosts import SimulatedHosts
from bot.demo.world import DemoSession, OnProgress
from bot.errors import UsageError
from bot.simulator import CITRIX, XCP_NG, XENSERVER, SimHost, SimRelease, SimulatedHost, release
from bot.text import shown

PUBLISH = "do publish"

OF_SHELLS = frozenset({"serve", "sync", "trust", "doctor", "manifest", "db", "demo", "completion"})


def help_block(session: DemoSession) -> Bullets:
    """What there is to type that is the demo's own."""
    upgrade, down, up = examples(session.hosts)
    entries = {
        "tomorrow": "moves the clock; also: next week, on 2028-11-01, and today to begin anew",
        upgrade: f"plays the operator; also: {down}, {up}",
        PUBLISH: "changes Xen Orchestra's page, which xocompat follows",
        "export": "all watched hosts as CSV, as a shell prints them",
        "exit": "leaves",
    }
    lines = (line(Code(typed), f"  {about}") for typed, about in entries.items())
    return Bullets(tuple(lines), "In this demo alone, without /xocompat")


def answer_own(typed: str, session: DemoSession, progress: OnProgress) -> Iterator[Reply | str] | None:
    """What comes of words that are the demo's own, as it comes; None for those that are the bot's.

    UsageError for what is wrong with them.
    """
    typed = typed.removeprefix("xocompat ").strip()  # as replies write what is for a shell
    word, _, rest = typed.partition(" ")
    if (day := session.clock.meant(typed)) is not None:
        return _go(day, session, progress)
    if " ".join(typed.casefold().split()) == PUBLISH:
        return iter((_publish(session, progress),))
    if is_operation(typed, session.hosts):
        return iter((operate(typed, session.hosts),))
    if word.casefold() == "export":
        return iter((export(session.fleet_shown(progress).ports(), rest, session.clock.today(), "csv").rstrip(),))
    if word.casefold() in OF_SHELLS:
        raise UsageError(f'"{shown(word)}" is for the operator\'s shell: xocompat {shown(typed)}.')
    return None


def _publish(session: DemoSession, progress: OnProgress) -> Reply:
    fleet = session.fleet_shown(progress)
    if not fleet.publish():
        return Reply("deed", line("xocompat reads Xen Orchestra's page again: nothing changed that was not told."))
    fleet.send()
    said = line(Strong("Xen Orchestra's page"), " is another one now. xocompat reads it, as it does once a day.")
    return Reply("deed", said, buttons=(Ask("Show changes", "changes"),))


def _go(day: date, session: DemoSession, progress: OnProgress) -> Iterator[Reply]:
    session.fleet_shown(progress)
    before = session.clock.today()
    now = line("It is ", Strong(day_in_words(day)))
    if day == before:
        yield Reply("clock", (*now, *line(" already.")))
        return
    if day > before:
        yield Reply("clock", (*now, *line(f" now, {span((day - before).days)} later. All hosts are asked …")))
    else:
        anew = "Time runs back in a demo alone, so all begins anew: no alert is known, hosts are as they were at first."
        yield Reply("clock", (*now, *line(" now. All hosts are asked …")), (Paragraph((line(anew),)),))
    session.go(day, progress)
    if session.platform.is_empty:
        yield Reply("clock", line("There is nothing new to tell. What ends next: ", Typed("timeline")))


WORD = "do"
NAMED = 5
"""So many hosts are listed by name."""

_NEWEST = {XCP_NG: release(XCP_NG, "8.3"), XENSERVER: release(XENSERVER, "9"), CITRIX: release(XENSERVER, "8")}

_OPERATIONS: dict[str, Callable[[SimHost], SimHost]] = {
    "upgrade": lambda host: replace(host, release=successor(host.release), restart_pending=False, updated=None),
    "down": lambda host: replace(host, up=False),
    "up": lambda host: replace(  # it answers, and shows the certificate that the inventory pins
        host, up=True, emergency=(), faults=(), certificate=host.pinned or host.certificate
    ),
}


def examples(hosts: SimulatedHosts) -> tuple[str, ...]:
    """Something to type for each of them, about hosts that there are."""
    every = [host for pool in hosts.pools for host in pool.hosts]
    old = next((host for host in every if successor(host.release).name != host.release.name), every[0])
    away = next((host for host in every if not host.up), every[0])
    return f"do upgrade {old.name}", f"do down {every[0].name}", f"do up {away.name}"


def successor(runs: SimRelease) -> SimRelease:
    """What it is upgraded to; itself if it is the newest. XenServer 9 is reached from 8 alone."""
    eight = release(XENSERVER, "8")
    return eight if runs.product == XENSERVER and runs.api < eight.api else _NEWEST[runs.product]


def is_operation(typed: str, hosts: SimulatedHosts) -> bool:
    """Whether words are meant for the operator, not the bot: "do you know 8.3?" is a question."""
    word, *rest = typed.casefold().split()[:3] or [""]
    return word == WORD and (not rest or rest[0] in _OPERATIONS or any(hosts.find(name) for name in rest))


def operate(typed: str, hosts: SimulatedHosts) -> Reply:
    """Do it, and say what is different now. UsageError for what cannot be done; then nothing is."""
    _, verb, *names = [*typed.replace(",", " ").split(), ""][:50]
    operation, wanted = _OPERATIONS.get(verb.casefold()), [name for name in names if name and name.casefold() != "and"]
    if operation is None or not wanted:
        how = ", ".join(examples(hosts))
        raise UsageError(f"Say what happens to which host: {how}. A pool's name means all its hosts.")
    chosen: dict[str, SimulatedHost] = {}
    for name in wanted:
        found = hosts.find(name)
        if not found:
            some = ", ".join(host.name for pool in hosts.pools[:NAMED] for host in pool.hosts[:2])
            raise UsageError(f'There is no simulated host "{shown(name)}". Some that there are: {some}.')
        chosen |= {host.name: host for host in found}
    changed = [host for host in chosen.values() if operation(host.now) != host.now]
    for host in changed:
        host.change(operation)
    meant = changed or [*chosen.values()]
    names = [host.name for host in meant]
    some = joined(names) if len(names) <= NAMED else with_more(names, NAMED)
    first = line(Strong(some), f" {_state(verb.casefold(), meant)}{'' if changed else ' already'}.")
    if not changed:
        return Reply("deed", first)
    later = line("xocompat hears of it when it asks again.")
    return Reply("deed", first, (Paragraph((later,)),), (Ask("Sweep now", "sweep"),))


def _state(verb: str, hosts: Sequence[SimulatedHost]) -> str:
    """What is true of the hosts once it is done, as a verb that goes with their number."""
    one = len(hosts) == 1
    if verb == "upgrade":
        runs = " and ".join(dict.fromkeys(f"{r.product} {r.name}" for r in (host.now.release for host in hosts)))
        return f"{'runs' if one else 'run'} {runs}"
    return f"{'is' if one else 'are'} {verb}"
