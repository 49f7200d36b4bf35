"""How a pool that was asked reads: its first line, a line for each host, what to do next."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from bot.chat.command import Choice, Fleet, Invocation, Ports, Progress
from bot.chat.commands.check import why
from bot.chat.data import Data
from bot.chat.hosts import Judged, host_data, judge, name_of, remarks, row, runs
from bot.chat.marks import stage_mark, support_marks
from bot.chat.reply import (
    GAP,
    Ask,
    Block,
    Bullets,
    Button,
    Code,
    Mark,
    Paragraph,
    Pick,
    Reply,
    RichText,
    Share,
    Span,
    Strong,
    Table,
    line,
    with_code,
)
from bot.errors import UsageError
from bot.fleet.inventory import Inventory
from bot.fleet.sources import unguarded
from bot.matrix.support import PublishedList, SupportLevel
from bot.matrix.wording import day_in_words
from bot.query.days import take_day
from bot.query.text import shown
from bot.xapi.observation import Failure, FailureCode, Observation, Transport
from bot.xapi.target import Target, TlsMode

IN_FULL, SHOWN = 20, 64
"""More hosts than IN_FULL: the worst ones, and the others below, in the thread. More than SHOWN are counted only."""
NAMES = 5
"""So many hosts are named in a sentence."""

_COLUMNS = ("Host", "Runs", "Verdict", "")
_WORDS = {2: "two", 3: "three", 4: "four", 5: "five"}
_UNKNOWN = Mark("❓", "unknown version")


class ProbedPool(NamedTuple):
    """A pool with its hosts' verdicts on a day, the worst first."""

    observation: Observation
    judged: Sequence[Judged]
    day: date
    published: PublishedList

    @property
    def is_lone(self) -> bool:
        """Whether it is one host: its verdict then is the reply's."""
        return len(self.judged) == 1


def first_line(seen: ProbedPool) -> RichText:
    """The verdict: of a lone host its own, of a pool how many hosts are in what state."""
    facts: tuple[Span | str, ...]
    if seen.is_lone:
        (judged,) = seen.judged
        subject = name_of(judged.host)
        facts = (runs(judged.host), *_marks(seen, judged), *remarks(judged.host))
    else:
        subject = _pool_name(seen)
        facts = tuple(_counts(seen.judged))
    target = seen.observation.target
    asked = f" (asked {target})" if target.casefold() != subject.casefold() else ""
    return line(Strong(subject), asked, *(piece for fact in facts for piece in (GAP, fact)))


def _pool_name(seen: ProbedPool) -> str:
    """XAPI's name of the pool; one without a name is known by its coordinator."""
    if name := shown(seen.observation.pool.name):
        return f"Pool {name}"
    coordinator = next((j.host for j in seen.judged if j.host.is_coordinator), None)
    return f"Pool of {name_of(coordinator)}" if coordinator else "Pool without a name"


def _marks(seen: ProbedPool, judged: Judged) -> tuple[Mark, ...]:
    if judged.assessment is None:
        return (_UNKNOWN,)
    return (*support_marks(seen.published, judged.assessment), stage_mark(seen.published, judged.assessment))


def _counts(judged: Sequence[Judged]) -> Iterator[Mark]:
    """What is wrong with how many hosts, or that all is well."""
    known = [j.assessment for j in judged if j.assessment]
    count, ended, unknown = len(judged), sum(j.is_eol for j in judged), len(judged) - len(known)
    unlisted = sum(a.support.level is SupportLevel.UNLISTED for a in known)
    partial = sum(a.support.level is SupportLevel.PARTIAL for a in known)
    if unlisted:
        yield Mark("❔", f"{_of(unlisted, count)} not on the list")
    if partial:
        yield Mark("❎", f"{_of(partial, count)} with partial support")
    if ended:
        yield Mark("☠️", f"{_of(ended, count)} {'gets' if ended == 1 else 'get'} no security updates")
    if unknown:
        yield Mark("❓", f"{_of(unknown, count)} of an unknown version")
    if not ended and not unknown:
        yield Mark("✅", f"{_of(count, count)} get security updates")


def _of(some: int, count: int) -> str:
    if some < count:
        return f"{some} of {count} hosts"
    return "both hosts" if count == 2 else f"all {count} hosts"


def blocks(seen: ProbedPool) -> Iterator[Block]:
    """What stands below the first line."""
    shown_here = seen.judged[:IN_FULL]
    if not seen.is_lone:
        yield Table(_COLUMNS, tuple(map(row, shown_here)))
    elif assessment := seen.judged[0].assessment:
        yield Paragraph((why(assessment),))
    if notes := tuple(_notes(seen)):
        yield Paragraph(notes)
    if steps := tuple(_next_steps(seen)):
        yield Paragraph(steps)


def below(seen: ProbedPool) -> Iterator[Block]:
    """The hosts that are no worse than those in full above."""
    if more := seen.judged[IN_FULL:SHOWN]:
        title = f"Hosts {IN_FULL + 1} to {IN_FULL + len(more)} of {len(seen.judged)}"
        yield Table(_COLUMNS, tuple(map(row, more)), title)


def _notes(seen: ProbedPool) -> Iterator[RichText]:
    if under := len(seen.judged[IN_FULL:SHOWN]):
        are = "hosts are" if under > 1 else "host is"
        yield line(f"These are the worst {IN_FULL}; {under} more {are} below.")
    if left := len(seen.judged[SHOWN:]):
        words = f"xocompat probe {seen.observation.target} --json"
        yield line(f"{left} more are not shown; in a shell ", Code(words), " shows all.")
    if seen.observation.mixed_versions:
        versions = len({(j.host.product_brand, j.host.product_version) for j in seen.judged})
        number = _WORDS.get(versions, str(versions))
        yield line(Mark("⚠️", f"The pool runs {number} versions: finish the rolling upgrade."))
    for what, hosts_of_it in _together((j.part.text, j) for j in seen.judged if j.assessment is None).items():
        near = [s if isinstance(s, str) else s.name(seen.day) for s in hosts_of_it[0].part.suggestions]
        hint = f" Nearest: {', '.join(near)}." if near else ""
        about = "" if seen.is_lone else f"{_names(hosts_of_it)}: "
        yield line(f"{about}I do not know {shown(what)}.{hint}")


def _next_steps(seen: ProbedPool) -> Iterator[RichText]:
    """What to do, once for all hosts that it is about; nothing for hosts that need nothing."""
    worth = ((j.assessment.recommendation.text, j) for j in seen.judged if j.assessment and _needs_something(j))
    for text, about in _together(worth).items():
        yield line(Strong("Next step: "), _lower(text) if seen.is_lone else _told_of(text, _names(about)))


def _needs_something(judged: Judged) -> bool:
    return judged.assessment is not None and not judged.assessment.recommendation.is_nothing


def _told_of(text: str, names: str) -> str:
    """A recommendation with the hosts in it: "upgrade xen-2 and xen-3 to XCP-ng 8.3 LTS."."""
    verb, to, goal = text.partition(" to ")
    if to and " " not in verb:
        return f"{_lower(verb)} {names} to {goal}"
    return f"{names}: {_lower(text)}"


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _together(pairs: Iterable[tuple[str, Judged]]) -> dict[str, list[Judged]]:
    found: dict[str, list[Judged]] = {}
    for text, judged in pairs:
        found.setdefault(text, []).append(judged)
    return found


def _names(judged: Sequence[Judged]) -> str:
    names = [name_of(j.host) for j in judged]
    if len(names) > NAMES:
        return f"{', '.join(names[:NAMES])} and {len(names) - NAMES} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


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


def opening(ports: Ports, asked: Invocation) -> RichText | Reply:
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


def _asking(target: Target) -> RichText:
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


def _why(failure: Failure) -> RichText:
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
    seen = ProbedPool(observation, judged, day, ports.matrix.published)
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


def _buttons(seen: ProbedPool, day: date | None) -> tuple[Button, ...]:
    """A lone host's release has more to tell: its known issues, its upgrade path."""
    words = f"probe {seen.observation.target}{f' on {day}' if day else ''}"
    verdict = seen.judged[0].assessment if seen.is_lone else None
    more = (Ask(verdict.name, verdict.name),) if verdict else ()
    return (Ask("Probe again", words), *more, Share(words))


def _how(observation: Observation, day: date) -> RichText:
    """When and how it was asked; the day of the verdict where that is another one."""
    at, took = observation.observed_at, observation.seconds
    facts = [
        f"{day_in_words(at.date())} {at:%H:%M} UTC",
        _TRANSPORTS[observation.transport],
        _TRUST[observation.tls],
        f"{took:.1f} s" if took >= 0.1 else f"{took * 1000:.0f} ms",
    ]
    return line(" · ".join([*facts, *([] if day == at.date() else [f"verdict as of {day_in_words(day)}"])]))


def _data(words: str, seen: ProbedPool) -> Data:
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
