"""`probe HOST`: what the hosts of a pool run, asked through XAPI, with the verdict on each."""

from collections.abc import Iterator
from datetime import date

from bot.chat.command import Choice, Fleet, Invocation, Ports, Progress
from bot.chat.data import Data
from bot.chat.hosts import Judged, host_data, judge, row
from bot.chat.reply import (
    GAP,
    Ask,
    Block,
    Bullets,
    Button,
    Line,
    Mark,
    Paragraph,
    Pick,
    Reply,
    Share,
    Strong,
    Table,
    line,
    with_code,
)
from bot.errors import UsageError
from bot.fleet.inventory import Inventory
from bot.fleet.probing import unguarded
from bot.matrix.wording import day_in_words
from bot.query.text import shown
from bot.xapi.observation import Failure, FailureCode, Observation, Transport
from bot.xapi.target import Target, TlsMode

IN_FULL = 20
SHOWN = 64
"""More hosts than IN_FULL: the worst ones, and the others below, in the thread. More than SHOWN are counted only."""

NAMED = 40
PRESSED = 3
"""How many hosts are named to somebody who named none, and how many at most get a button each."""

_TRANSPORTS = {
    Transport.JSON_RPC_2: "JSON-RPC",
    Transport.JSON_RPC_1: "JSON-RPC 1",
    Transport.XML_RPC: "XML-RPC",
    Transport.XO_REST: "told by Xen Orchestra",
}
_TRUST = {
    TlsMode.CA: "certificate checked",
    TlsMode.PINNED: "certificate pinned",
    TlsMode.INSECURE: "certificate not checked",
}


def opening(ports: Ports, asked: Invocation) -> Line | Reply:
    """Whom it asks, or why nobody is asked: without words, what there is to ask."""
    fleet = _fleet(ports)
    if not asked.words.strip():
        return _which(fleet.inventory)
    target = _find(fleet.inventory, asked)
    if isinstance(target, Failure):
        return _failed(target, asked.words, fleet.inventory, None)
    return _asking(target)


def run(ports: Ports, asked: Invocation) -> Reply:
    """Ask the named target now. Blocks until it has answered, 30 seconds at most."""
    fleet = _fleet(ports)
    target = _find(fleet.inventory, asked)
    if isinstance(target, Failure):
        return _failed(target, asked.words, fleet.inventory, None)
    asked.tell(Progress(_asking(target)))
    guard = fleet.limits.guard(asked.caller.name, target) if fleet.limits else unguarded
    answer = fleet.probing.probe(target, guard)
    if isinstance(answer, Failure):
        address = {"name": target.name, "address": str(target.endpoint)}
        return _failed(answer, asked.words, fleet.inventory, address)
    return _observed(ports, asked, answer)


def choices(ports: Ports, _: Invocation) -> tuple[Choice, ...]:
    """The names of the inventory, with the tags that they have."""
    return tuple(Choice(target.name, ", ".join(target.tags)) for target in _fleet(ports).inventory.targets)


def _which(inventory: Inventory) -> Reply:
    names = [target.name for target in inventory.targets]
    if not names:
        return Reply(
            "no_host", with_code("There is no host to ask: add `targets` to the configuration."), exit_status=1
        )
    blocks: tuple[Block, ...] = (Bullets(tuple(line(name) for name in names[:NAMED])),)
    if len(names) > NAMED:
        blocks += (Paragraph((line(f"{len(names) - NAMED} more are in the inventory."),)),)
    asks: tuple[Button, ...] = tuple(Ask(f"Probe {name}", f"probe {name}") for name in names)
    return Reply("which_host", line("Which host? I can ask these:"), blocks, asks if len(asks) <= PRESSED else (_PICK,))


_PICK = Pick("probe")


def _asking(target: Target) -> Line:
    return line("Asking ", Strong(target.name), " … (at most 30 seconds)")


def _fleet(ports: Ports) -> Fleet:
    if ports.fleet is None:
        raise UsageError("There is no inventory: add `targets` to the configuration.")
    return ports.fleet


def _find(inventory: Inventory, asked: Invocation) -> Target | Failure:
    if not asked.words.strip():
        raise UsageError(f"Say which host, for example: probe {_example(inventory)}.")
    return inventory.find(asked.words)


def _example(inventory: Inventory) -> str:
    return inventory.targets[0].name if inventory.targets else "lab-a"


def _failed(failure: Failure, words: str, inventory: Inventory, target: Data | None) -> Reply:
    near = inventory.near(failure.target) if target is None else ()
    buttons = tuple(Ask(f"Probe {name}", f"probe {name}") for name in near[:2])
    again: tuple[Button, ...] = (Ask("Probe again", f"probe {failure.target}"),)
    if failure.code in _FINAL:
        again = (_PICK,) if failure.code in _UNFOUND and inventory.targets else ()
    data: Data = {
        "query": words,
        "outcome": "failed",
        "observed_at": None,
        "target": target,
        "transport": None,
        "tls": None,
        "pool": None,
        "hosts": [],
        "error": {"code": failure.code.value, "message": failure.message},
    }
    first = line(Mark("⚠️", failure.message))
    context = (line(f"error {failure.code}"),)
    return Reply("probe_failed", first, (), (*buttons, *again), context, data, exit_status=1, assessed=())


_FINAL = frozenset({FailureCode.UNKNOWN_HOST, FailureCode.REFUSED_ADDRESS, FailureCode.TLS_PIN_MISMATCH})
"""Trying again without mending something first gives the same failure."""

_UNFOUND = frozenset({FailureCode.UNKNOWN_HOST, FailureCode.REFUSED_ADDRESS})


def _observed(ports: Ports, asked: Invocation, seen: Observation) -> Reply:
    judged = judge(ports.matrix, ports.reader, seen.hosts, asked.day)
    known = all(j.assessment for j in judged)
    return Reply(
        kind="probe",
        headline=_first(seen, judged),
        blocks=tuple(_body(seen, judged, asked.day)),
        buttons=(Ask("Probe again", f"probe {seen.target}"), Share(f"probe {seen.target}")),
        context=(_how(seen),),
        data=_data(asked, seen, judged),
        exit_status=0 if known else 3,
        assessed=tuple(j.assessment for j in judged if j.assessment),
        rest=tuple(_below(judged)),
    )


def _first(seen: Observation, judged: list[Judged]) -> Line:
    ended = sum(j.is_eol for j in judged)
    name = shown(seen.pool.name)
    subject = f"Pool {name}" if name else f"Host {shown(seen.hosts[0].name)}" if len(seen.hosts) == 1 else "Pool"
    count = len(judged)
    if ended:
        fate = Mark("☠️", f"{ended} of {count} hosts {_get(ended)} no security updates" if count > 1 else _NO_UPDATES)
    elif unknown := sum(j.assessment is None for j in judged):
        fate = Mark("❓", f"{unknown} of {count} hosts run a version that is not known")
    else:
        fate = Mark("✅", f"all {count} hosts get security updates" if count > 1 else "gets security updates")
    return (*line(Strong(subject), f" (asked {seen.target})"), GAP, fate)


_NO_UPDATES = "no security updates"


def _get(count: int) -> str:
    return "gets" if count == 1 else "get"


def _body(seen: Observation, judged: list[Judged], day: date) -> Iterator[Block]:
    yield Table(_COLUMNS, tuple(map(row, judged[:IN_FULL])))
    remarks: list[Line] = []
    if below := len(judged[IN_FULL:SHOWN]):
        are = "hosts are" if below > 1 else "host is"
        remarks.append(line(f"These are the worst {IN_FULL}; {below} more {are} below."))
    if left := len(judged[SHOWN:]):
        remarks.append(with_code(f"{left} more are not shown; `xocompat probe {seen.target} --json` has all."))
    if seen.mixed_versions:
        remarks.append(line(Mark("⚠️", "The pool runs several versions: finish the rolling upgrade.")))
    remarks.extend(_unknown(judged, day))
    if remarks:
        yield Paragraph(tuple(remarks))
    if steps := tuple(_next_steps(judged)):
        yield Paragraph(steps)


_COLUMNS = ("Host", "Runs", "Verdict", "")


def _below(judged: list[Judged]) -> Iterator[Block]:
    """The hosts that are no worse than those in full above."""
    if more := judged[IN_FULL:SHOWN]:
        title = f"Hosts {IN_FULL + 1} to {IN_FULL + len(more)} of {len(judged)}"
        yield Table(_COLUMNS, tuple(map(row, more)), title)


def _unknown(judged: list[Judged], day: date) -> Iterator[Line]:
    for what, names in _together((j.part.text, j) for j in judged if j.assessment is None).items():
        near = [s if isinstance(s, str) else s.name(day) for s in names[0].part.suggestions]
        hint = f" Nearest: {', '.join(near)}." if near else ""
        yield line(f"{_names(names)}: I do not know {shown(what)}.{hint}")


def _next_steps(judged: list[Judged]) -> Iterator[Line]:
    """What to do, once for all hosts that it is about; nothing for hosts that need nothing."""
    worth = ((j.assessment.recommendation.text, j) for j in judged if j.assessment and _needs_something(j))
    for text, about in _together(worth).items():
        yield line(Strong("Next step: "), f"{_names(about)}: {text[0].lower()}{text[1:]}")


def _needs_something(judged: Judged) -> bool:
    return judged.assessment is not None and not judged.assessment.recommendation.is_nothing


def _together(pairs: "Iterator[tuple[str, Judged]]") -> dict[str, list[Judged]]:
    found: dict[str, list[Judged]] = {}
    for text, judged in pairs:
        found.setdefault(text, []).append(judged)
    return found


def _names(judged: list[Judged]) -> str:
    names = [shown(j.host.name) or j.host.uuid for j in judged]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _how(seen: Observation) -> Line:
    at = f"{day_in_words(seen.observed_at.date())} {seen.observed_at:%H:%M} UTC"
    return line(f"{at} · {_TRANSPORTS[seen.transport]} · {_TRUST[seen.tls]}")


def _data(asked: Invocation, seen: Observation, judged: list[Judged]) -> Data:
    coordinator = next((host.name for host in seen.hosts if host.is_coordinator), None)
    return {
        "query": asked.words,
        "outcome": "assessed",
        "observed_at": f"{seen.observed_at:%Y-%m-%dT%H:%M:%SZ}",
        "target": {"name": seen.target, "address": seen.address},
        "transport": seen.transport.value,
        "tls": seen.tls.value,
        "pool": {
            "uuid": seen.pool.uuid,
            "name": seen.pool.name,
            "coordinator": coordinator,
            "mixed_versions": seen.mixed_versions,
        },
        "hosts": [host_data(j, asked.day) for j in judged],
        "error": None,
    }
