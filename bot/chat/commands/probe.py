"""`probe HOST`: what the hosts of a pool run, asked through XAPI, with the verdict on each."""

from datetime import date

from bot.chat.command import Choice, Fleet, Invocation, Ports, Progress
from bot.chat.data import Data
from bot.chat.hosts import host_data, judge
from bot.chat.pool import Seen, below, blocks, first_line
from bot.chat.reply import Ask, Block, Bullets, Button, Line, Paragraph, Pick, Reply, Share, Strong, line, with_code
from bot.errors import UsageError
from bot.fleet.inventory import Inventory
from bot.fleet.probing import unguarded
from bot.matrix.wording import day_in_words
from bot.query.days import take_day
from bot.xapi.observation import Failure, FailureCode, Observation, Transport
from bot.xapi.target import Target, TlsMode

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
    target, _ = _find(fleet.inventory, asked)
    if isinstance(target, Failure):
        return _failed(target, asked.words, fleet.inventory, None)
    return _asking(target)


def run(ports: Ports, asked: Invocation) -> Reply:
    """Ask the named target now. Blocks until it has answered, 30 seconds at most."""
    fleet = _fleet(ports)
    target, day = _find(fleet.inventory, asked)
    if isinstance(target, Failure):
        return _failed(target, asked.words, fleet.inventory, None)
    asked.tell(Progress(_asking(target)))
    guard = fleet.limits.guard(asked.caller.name, target) if fleet.limits else unguarded
    answer = fleet.probing.probe(target, guard)
    if isinstance(answer, Failure):
        address = {"name": target.name, "address": str(target.endpoint)}
        return _failed(answer, asked.words, fleet.inventory, address)
    return _observed(ports, asked, answer, day)


def choices(ports: Ports, _: Invocation) -> tuple[Choice, ...]:
    """The names of the inventory, with the tags that they have."""
    return tuple(Choice(target.name, ", ".join(target.tags)) for target in _fleet(ports).inventory.targets)


def _which(inventory: Inventory) -> Reply:
    names = [target.name for target in inventory.targets]
    if not names:
        return Reply("no_host", with_code(_NOBODY), exit_status=1)
    blocks: tuple[Block, ...] = (Bullets(tuple(line(name) for name in names[:NAMED])),)
    if len(names) > NAMED:
        blocks += (Paragraph((line(f"{len(names) - NAMED} more are in the inventory."),)),)
    asks: tuple[Button, ...] = tuple(Ask(f"Probe {name}", f"probe {name}") for name in names)
    return Reply("which_host", line("Which host? I can ask these:"), blocks, asks if len(asks) <= PRESSED else (_PICK,))


_PICK = Pick("probe")
_NOBODY = "There is no host to ask: add `targets` to the configuration."


def _asking(target: Target) -> Line:
    return line("Asking ", Strong(target.name), " … (at most 30 seconds)")


def _fleet(ports: Ports) -> Fleet:
    if ports.fleet is None:
        raise UsageError("There is no inventory: add `targets` to the configuration.")
    return ports.fleet


def _find(inventory: Inventory, asked: Invocation) -> tuple[Target | Failure, date | None]:
    """The target that the words name, and the day of an "on DATE" in them. UsageError for a day that is none."""
    if not asked.words.strip():
        if not inventory.targets:
            raise UsageError(_NOBODY)
        raise UsageError(f"Say which host, for example: probe {inventory.targets[0].name}.")
    target = inventory.find(asked.words)
    if isinstance(target, Target):
        return target, None
    name, day, bad = take_day(asked.words)
    if bad:
        raise UsageError(f'"{bad}" is not a day: write it as 2028-12-01.')
    return (inventory.find(name) if day else target), day


def _failed(failure: Failure, words: str, inventory: Inventory, target: Data | None) -> Reply:
    near = inventory.near(words) if target is None else ()
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
    context = (line(f"error {failure.code}"),)
    return Reply("probe_failed", _why(failure), (), (*buttons, *again), context, data, exit_status=1, assessed=())


def _why(failure: Failure) -> Line:
    """What happened and what to do, the host's name set off where the sentence begins with it."""
    name = failure.target
    if name and failure.message.startswith(name):
        return (Strong(name), *with_code(failure.message[len(name) :]))
    return with_code(failure.message)


_FINAL = frozenset({FailureCode.UNKNOWN_HOST, FailureCode.REFUSED_ADDRESS, FailureCode.TLS_PIN_MISMATCH})
"""Trying again without mending something first gives the same failure."""

_UNFOUND = frozenset({FailureCode.UNKNOWN_HOST, FailureCode.REFUSED_ADDRESS})


def _observed(ports: Ports, asked: Invocation, observation: Observation, typed: date | None) -> Reply:
    """The verdicts; on the day that was typed, if one was, else on the day of the invocation."""
    day = typed or asked.day
    judged = judge(ports.matrix, ports.reader, observation.hosts, day)
    seen = Seen(observation, judged, day, ports.matrix.published)
    return Reply(
        kind="probe",
        headline=first_line(seen),
        blocks=tuple(blocks(seen)),
        buttons=_buttons(seen, typed),
        context=(_how(observation, day),),
        data=_data(asked.words, seen),
        exit_status=0 if all(j.assessment for j in judged) else 3,
        assessed=tuple(j.assessment for j in judged if j.assessment),
        rest=tuple(below(seen)),
    )


def _buttons(seen: Seen, day: date | None) -> tuple[Button, ...]:
    """A lone host's release has more to tell: its known issues, its upgrade path."""
    words = f"probe {seen.observation.target}{f' on {day}' if day else ''}"
    verdict = seen.judged[0].assessment if seen.is_lone else None
    more = (Ask(verdict.name, verdict.name),) if verdict else ()
    return (Ask("Probe again", words), *more, Share(words))


def _how(observation: Observation, day: date) -> Line:
    """When and how it was asked; the day of the verdict where that is another one."""
    at, took = observation.observed_at, observation.seconds
    facts = [
        f"{day_in_words(at.date())} {at:%H:%M} UTC",
        _TRANSPORTS[observation.transport],
        _TRUST[observation.tls],
        f"{took:.1f} s" if took >= 0.1 else f"{took * 1000:.0f} ms",
    ]
    return line(" · ".join([*facts, *([] if day == at.date() else [f"verdict as of {day_in_words(day)}"])]))


def _data(words: str, seen: Seen) -> Data:
    observation = seen.observation
    coordinator = next((host.name for host in observation.hosts if host.is_coordinator), None)
    return {
        "query": words,
        "outcome": "assessed",
        "observed_at": f"{observation.observed_at:%Y-%m-%dT%H:%M:%SZ}",
        "target": {"name": observation.target, "address": observation.address},
        "transport": observation.transport.value,
        "tls": observation.tls.value,
        "pool": {
            "uuid": observation.pool.uuid,
            "name": observation.pool.name,
            "coordinator": coordinator,
            "mixed_versions": observation.mixed_versions,
        },
        "hosts": [host_data(j, seen.day) for j in seen.judged],
        "error": None,
    }
