"""`probe HOST`: what the hosts of a pool run, asked through XAPI, with the verdict on each."""

from datetime import date

from bot.chat.command import Invocation, Ports
from bot.chat.data import Data
from bot.chat.hosts import host_data, judge
from bot.chat.pool import Seen, blocks, first_line
from bot.chat.reply import Ask, Button, Line, Reply, Share, Strong, line, with_code
from bot.errors import UsageError
from bot.fleet.inventory import Inventory
from bot.matrix.wording import day_in_words
from bot.query.days import take_day
from bot.xapi.observation import Failure, FailureCode, Observation, Transport
from bot.xapi.target import Target, TlsMode

_TRANSPORTS = {Transport.JSON_RPC_2: "JSON-RPC", Transport.JSON_RPC_1: "JSON-RPC 1", Transport.XML_RPC: "XML-RPC"}
_TRUST = {
    TlsMode.CA: "certificate checked",
    TlsMode.PINNED: "certificate pinned",
    TlsMode.INSECURE: "certificate not checked",
}


def run(ports: Ports, asked: Invocation) -> Reply:
    """Ask the named target now. Blocks until it has answered, 30 seconds at most."""
    if ports.fleet is None:
        raise UsageError("There is no inventory: add `targets` to the configuration.")
    inventory = ports.fleet.inventory
    if not asked.words.strip():
        raise UsageError(f"Say which host, for example: probe {_example(inventory)}.")
    target, day = named(inventory, asked.words)
    if isinstance(target, Failure):
        return _failed(target, asked.words, inventory, None)
    answer = ports.fleet.probing.probe(target)
    if isinstance(answer, Failure):
        address = {"name": target.name, "address": str(target.endpoint)}
        return _failed(answer, asked.words, inventory, address)
    return _observed(ports, asked, answer, day)


def named(inventory: Inventory, words: str) -> tuple[Target | Failure, date | None]:
    """The target that the words name, and the day of an "on DATE" in them. UsageError for a day that is none."""
    target = inventory.find(words)
    if isinstance(target, Target):
        return target, None
    name, day, bad = take_day(words)
    if bad:
        raise UsageError(f'"{bad}" is not a day: write it as 2028-12-01.')
    return (inventory.find(name) if day else target), day


def _example(inventory: Inventory) -> str:
    return inventory.targets[0].name if inventory.targets else "lab-a"


def _failed(failure: Failure, words: str, inventory: Inventory, target: Data | None) -> Reply:
    near = inventory.near(words) if target is None else ()
    buttons = tuple(Ask(f"Probe {name}", f"probe {name}") for name in near[:2])
    again = (Ask("Probe again", f"probe {failure.target}"),) if failure.code not in _FINAL else ()
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
