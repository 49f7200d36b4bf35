"""`probe HOST`: what the hosts of a pool run now, with the verdict on each, and what to do next."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from bot.chat.command import Choice, Fleet, Invocation, Ports, Progress
from bot.chat.commands.named import leading_to
from bot.chat.data import Data, suggestion_name
from bot.chat.hosts import CANNOT_TELL, host_data, remarks, row, what_ends
from bot.chat.patch_wording import patch_line
from bot.chat.reply import (
    GAP,
    Ask,
    Block,
    Bullets,
    Button,
    Code,
    Column,
    ColumnKind,
    Heading,
    Mark,
    Paragraph,
    Pick,
    Reply,
    RichText,
    Share,
    Span,
    Strong,
    Table,
    columns,
    line,
    plain,
    with_code,
)
from bot.chat.verdict import next_step, stage_mark, support_marks, why
from bot.chat.wording import (
    bounded,
    capitalized,
    counted,
    day_in_words,
    iso,
    joined,
    moment,
    nearest,
    plural,
    with_more,
)
from bot.days import take_days
from bot.errors import UsageError
from bot.fleet.hosts import Source, SourceKind, WatchedHost, waits_since
from bot.fleet.inventory import Inventory, Known
from bot.fleet.sources import unguarded
from bot.fleet.verdicts import HostVerdict, host_verdicts
from bot.matrix.assess import Assessment
from bot.matrix.support import PublishedList, SupportLevel
from bot.text import shown
from bot.xapi.observation import Failure, FailureCode, Observation, Transport
from bot.xapi.target import Target, TlsMode

IN_FULL, SHOWN = 20, 64
"""More hosts than IN_FULL: the worst ones, and the others below, in the thread. More than SHOWN are counted only."""

NAMES = 5
"""So many hosts are named in a sentence."""

NAMED, PRESSED = 40, 3
"""How many hosts are named to somebody who named none, and how many at most get a button each."""

_COLUMNS = columns("Host", "Runs", Column("Verdict", ColumnKind.SIGN), "Remarks")
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
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
_PICK = Pick("probe")
_NO_TARGET = "There is no host to ask: add `targets` to the configuration."

_UNFOUND = frozenset({FailureCode.UNKNOWN_HOST, FailureCode.REFUSED_ADDRESS})
_FINAL = _UNFOUND | {FailureCode.TLS_PIN_MISMATCH}
"""Trying again without mending something first gives the same failure."""


def opening(ports: Ports, asked: Invocation) -> RichText | Reply:
    """Which target it asks, or why it asks none: without words, which ones there are."""
    fleet = _fleet(ports)
    if not asked.words.strip():
        return _which(fleet.inventory)
    target, _ = _find(fleet.inventory, asked)
    if isinstance(target, Failure):
        return _unfound(ports, asked, target, fleet.inventory)
    return _asking(target)


def run(ports: Ports, asked: Invocation) -> Reply:
    """Ask the named target now. Blocks until it has answered, 30 seconds at most."""
    fleet = _fleet(ports)
    target, named_day = _find(fleet.inventory, asked)
    if isinstance(target, Failure):
        return _unfound(ports, asked, target, fleet.inventory)
    asked.report(Progress(_asking(target)))
    guard = fleet.limits.guard(asked.caller.name, target) if fleet.limits else unguarded
    answer = fleet.probing.probe(target, guard)
    if isinstance(answer, Failure):
        address = {"name": target.name, "address": str(target.endpoint) if isinstance(target, Target) else None}
        return _failed(answer, asked.words, fleet.inventory, address)
    return _observed(ports, asked, answer, named_day)


def choices(ports: Ports, _: Invocation) -> tuple[Choice, ...]:
    """The names of the inventory, with the tags that they have."""
    return tuple(Choice(target.name, ", ".join(target.tags)) for target in _fleet(ports).inventory.known)


def _fleet(ports: Ports) -> Fleet:
    if ports.fleet is None:
        raise UsageError("There is no inventory: add `targets` to the configuration.")
    return ports.fleet


def _which(inventory: Inventory) -> Reply:
    """Which hosts there are to ask."""
    names = [target.name for target in inventory.known]
    if not names:
        return Reply("no_host", with_code(_NO_TARGET), exit_status=1)
    blocks: tuple[Block, ...] = (Bullets(tuple(line(name) for name in names[:NAMED])),)
    if len(names) > NAMED:
        blocks += (Paragraph((line(f"{len(names) - NAMED} more are in the inventory."),)),)
    asks: tuple[Button, ...] = tuple(Ask(f"Probe {name}", f"probe {name}") for name in names)
    return Reply("which_host", line("Which host? I can ask these:"), blocks, asks if len(asks) <= PRESSED else (_PICK,))


def _find(inventory: Inventory, asked: Invocation) -> tuple[Known | Failure, date | None]:
    """The target that the words name, and the day of an "on DATE" in them. UsageError for a day that is none."""
    if not asked.words.strip():
        if not inventory.known:
            raise UsageError(_NO_TARGET)
        raise UsageError(f"Say which host, for example: probe {inventory.known[0].name}.")
    target = inventory.find(asked.words)
    if not isinstance(target, Failure):
        return target, None
    name, day, bad, *_ = take_days(asked.words, asked.day)
    if bad:
        raise UsageError(f'"{bad}" is not a day: write it as 2028-12-01.')
    return (inventory.find(name) if day else target), day


def _asking(target: Known) -> RichText:
    return line("Asking ", Strong(target.name), " … (at most 30 seconds)")


def _failed(failure: Failure, words: str, inventory: Inventory, target: Data | None) -> Reply:
    """What happened and what to do, the host's name set off where the sentence begins with it."""
    near = inventory.near(words) if target is None else ()
    buttons: list[Button] = [Ask(f"Probe {name}", f"probe {name}") for name in near[:2]]
    if failure.code not in _FINAL:
        buttons.append(Ask("Probe again", f"probe {failure.target}"))
    elif failure.code in _UNFOUND and inventory.known:
        buttons.append(_PICK)
    name = (Strong(failure.subject),) if failure.subject else ()
    return Reply(
        kind="probe_failed",
        headline=(*name, *with_code(failure.message[len(failure.subject) :])),
        buttons=tuple(buttons),
        context=(line(f"error {failure.code}"),),
        data={
            "query": words,
            "outcome": "failed",
            "observed_at": None,
            "target": target,
            "transport": None,
            "tls": None,
            "pool": None,
            "hosts": [],
            "error": {"code": failure.code.value, "message": failure.message},
        },
        exit_status=1,
        assessed=(),
    )


def _unfound(ports: Ports, asked: Invocation, failure: Failure, inventory: Inventory) -> Reply:
    """No target has the name. It may be a host's: then which targets lead to it."""
    reply = _failed(failure, asked.words, inventory, None)
    led = leading_to(ports, asked) if failure.code is FailureCode.UNKNOWN_HOST else None
    if led is None:
        return reply._replace(depends_on_rights=True)
    how = "no target leads to it, so it cannot be asked"
    if led.targets:
        how = f"{joined(led.targets)} {plural(len(led.targets), 'leads', 'lead')} to it"
    said = line(Strong(led.host), f" is a host, not a target: {how}.")
    data = {**(reply.data or {}), "error": {"code": failure.code.value, "message": plain(said)}}
    asks = (Ask(f"Probe {name}", f"probe {name}") for name in led.targets[:PRESSED])
    return reply._replace(headline=said, buttons=(*asks,) or (Ask(led.host, led.host),), data=data)


class ProbedPool(NamedTuple):
    """A pool with its hosts' verdicts on a day, the worst first."""

    observation: Observation
    verdicts: Sequence[HostVerdict]
    day: date
    published: PublishedList

    @property
    def is_lone(self) -> bool:
        """Whether it is one host: its verdict then is the reply's."""
        return len(self.verdicts) == 1


def _observed(ports: Ports, asked: Invocation, observation: Observation, named_day: date | None) -> Reply:
    """The verdicts; on the day that was named, if one was, else on the day of the invocation."""
    day = named_day or asked.day
    pool, at = observation.pool, observation.observed_at
    hosts = (
        WatchedHost(host, pool, (observation.target,), at, restart_since=waits_since(host))
        for host in observation.hosts
    )
    target = ports.fleet.inventory.find(observation.target) if ports.fleet else None
    tags = target.tags if isinstance(target, Target) else ()
    sources = (Source(observation.target, SourceKind.TARGET, tags),)
    verdicts = host_verdicts(ports.matrix, ports.reader, hosts, day, sources, ports.policy)
    seen = ProbedPool(observation, verdicts, day, ports.matrix.published)
    words = f"probe {observation.target}{f' on {named_day}' if named_day else ''}"
    lone = verdicts[0].assessment if seen.is_lone else None  # which has more to show: its known issues, its path
    verdict = (Ask(lone.name, lone.name),) if lone else ()
    judged_by = ports.patch_levels().advisories.day if any(map(_tells_patches, verdicts)) else None
    below = verdicts[IN_FULL:SHOWN]
    title = f"Hosts {IN_FULL + 1} to {IN_FULL + len(below)} of {len(verdicts)}"
    return Reply(
        kind="probe",
        headline=_first_line(seen),
        blocks=(*_body(seen), *_patches(seen)),
        buttons=(Ask("Probe again", words), *verdict, Share(words)),
        context=(line(*_how(observation, day), f" · advisories of {day_in_words(judged_by)}" if judged_by else ""),),
        data=_data(asked.words, seen),
        exit_status=0 if all(each.assessment for each in verdicts) else 3,
        assessed=tuple(each.assessment for each in verdicts if each.assessment),
        hosts=verdicts,
        advisories_of=judged_by,
        rest=(Heading(line(Strong(title))), Table(_COLUMNS, tuple(map(row, below)), title, True)) if below else (),
    )


def _first_line(seen: ProbedPool) -> RichText:
    """The verdict: of a lone host its own, of a pool how many hosts are in what state.

    A pool is called what XAPI calls it; one without a name is known by its coordinator.
    """
    facts: tuple[Span | str, ...]
    if seen.is_lone:
        (verdict,) = seen.verdicts
        assessment = verdict.assessment
        marks = [Mark("❔", "unknown version")]
        if assessment:
            marks = [*support_marks(seen.published, assessment), stage_mark(seen.published, assessment)]
        subject, facts = verdict.name, (verdict.runs, *marks, *_patched(verdict), *remarks(verdict.host))
    else:
        facts = tuple(_counts(seen.verdicts))
        coordinator = next((each for each in seen.verdicts if each.host.host.is_coordinator), None)
        unnamed = f"Pool of {coordinator.name}" if coordinator else "Pool without a name"
        name = shown(seen.observation.pool.name)
        subject = f"Pool {name}" if name else unnamed
    target = seen.observation.target
    asked = f" (asked {target})" if target.casefold() != subject.casefold() else ""
    return line(Strong(subject), asked, *(piece for fact in facts for piece in (GAP, fact)))


def _counts(verdicts: Sequence[HostVerdict]) -> Iterator[Mark]:
    """What is wrong with how many hosts, or that all is well."""
    levels = [a.support.level for each in verdicts if (a := each.assessment) and not each.is_prerelease]
    count, ended = len(verdicts), sum(each.is_eol for each in verdicts)
    unknown, early = sum(each.assessment is None for each in verdicts), sum(each.is_prerelease for each in verdicts)
    if unlisted := levels.count(SupportLevel.UNLISTED):
        yield Mark("❔", f"{_of(unlisted, count)} not on the list")
    if partial := levels.count(SupportLevel.PARTIAL):
        yield Mark("❎", f"{_of(partial, count)} with partial support")
    if ended:
        yield Mark("☠️", f"{_of(ended, count)} {plural(ended, 'gets', 'get')} no security updates")
    if unknown:
        yield Mark("❔", f"{_of(unknown, count)} of an unknown version")
    if early:
        yield Mark("❔", f"{_of(early, count)} {plural(early, 'runs', 'run')} a pre-release")
    if not (ended or unknown or early):
        yield Mark("🟢", f"{_of(count, count)} get security updates")
    told = [each for each in verdicts if _tells_patches(each)]
    if holes := sum(each.patch_state == "vulnerable" for each in told):
        yield Mark("🚨", f"{_of(holes, count)} {plural(holes, 'has', 'have')} known holes")
    if untold := sum(each.patch_state == "cannot_tell" for each in told):
        yield Mark("❔", f"{CANNOT_TELL}: {_of(untold, count)}")
    if off := sum(each.host.is_off for each in verdicts):
        yield Mark("🔌", f"{_of(off, count)} {plural(off, 'is', 'are')} off")


def _patched(verdict: HostVerdict) -> Iterator[Mark]:
    """Whether a lone host is patched, for who reads no more than the first line; nothing where it says too little."""
    if not (_tells_patches(verdict) and verdict.patch_level):
        return
    if holes := len(verdict.patch_level.vulnerable):
        yield Mark("🚨", counted(holes, "known hole"))
    elif verdict.patch_state == "cannot_tell":
        yield Mark("❔", CANNOT_TELL)
    else:
        yield Mark("🟢", "known holes fixed")


def _tells_patches(verdict: HostVerdict) -> bool:
    """Whether there is something to judge it by, and it runs."""
    return bool(verdict.patch_level and verdict.patch_level.covered and not verdict.host.is_off)


def _of(some: int, count: int) -> str:
    if some < count:
        return f"{some} of {count} hosts"
    return "both hosts" if count == 2 else f"all {count} hosts"


def _patches(seen: ProbedPool) -> Iterator[Block]:
    """What of their patch levels matters, once for all hosts of which the same holds; nothing of those that are off."""
    alike: dict[str, list[HostVerdict]] = defaultdict(list)
    for each in seen.verdicts:
        if _tells_patches(each) and (level := each.patch_level):
            alike[patch_line(level)].append(each)
    if [len(of_it) for of_it in alike.values()] == [len(seen.verdicts)]:
        yield Paragraph((line(Strong("Patch level: "), capitalized(f"{next(iter(alike))}.")),))
    elif alike:
        lines = [line(Strong(_names(of_it)), f": {said}.") for said, of_it in alike.items()]
        yield Bullets(bounded(lines, IN_FULL), "Patch level")


def _body(seen: ProbedPool) -> Iterator[Block]:
    """What stands below the first line."""
    if not seen.is_lone:
        yield Table(_COLUMNS, tuple(map(row, seen.verdicts[:IN_FULL])), "Hosts, the worst first", as_lines=True)
    elif assessment := seen.verdicts[0].assessment:
        yield Paragraph((why(assessment),))
    if notes := tuple(_notes(seen)):
        yield Paragraph(notes)
    if steps := tuple(_next_steps(seen)):
        yield Paragraph(steps)


def _notes(seen: ProbedPool) -> Iterator[RichText]:
    """What is not shown here, that a pool runs several versions, and which versions are not known."""
    if below := len(seen.verdicts[IN_FULL:SHOWN]):
        yield line(f"These are the worst {IN_FULL}; {below} more {plural(below, 'host is', 'hosts are')} below.")
    if left := len(seen.verdicts[SHOWN:]):
        words = f"xocompat probe {seen.observation.target} --json"
        yield line(f"{left} more are not shown; in a shell ", Code(words), " shows all.")
    yield from bounded([*_ends(seen)], IN_FULL)
    if seen.observation.mixed_versions:
        versions = len({(host.product_brand, host.product_version) for host in seen.observation.hosts})
        number = _NUMBERS.get(versions, str(versions))
        yield line(Mark("⚠️", f"The pool runs {number} versions: finish the rolling upgrade."))
    unknown: dict[str, list[HostVerdict]] = defaultdict(list)
    for each in seen.verdicts:
        if each.assessment is None:
            unknown[each.runs].append(each)
    for version, verdicts in unknown.items():
        names = [suggestion_name(suggestion, seen.day) for suggestion in verdicts[0].part.suggestions]
        subject = "" if seen.is_lone else f"{_names(verdicts)}: "
        said = f"I do not know {version}" if verdicts[0].says_release else "XAPI does not say which release it is"
        yield line(f"{subject}{said}.{nearest(names, 'Nearest')}")


def _ends(seen: ProbedPool) -> Iterator[RichText]:
    """Of each host that has something of the kind: what ends, and since when it waits for a restart."""
    for each in seen.verdicts:
        if words := ", ".join(what_ends(each.host, seen.day)):
            yield line(capitalized(f"{words}.") if seen.is_lone else f"{each.name}: {words}.")


def _next_steps(seen: ProbedPool) -> Iterator[RichText]:
    """What to do, once for all hosts that it is about; nothing for hosts that need nothing."""
    assessments: dict[str, Assessment] = {}
    hosts: dict[str, list[HostVerdict]] = defaultdict(list)
    for each in seen.verdicts:
        if (needy := each.assessment) and not needy.recommendation.is_nothing:
            step = next_step(needy.recommendation, needy.release, needy.on)
            assessments[step] = needy
            hosts[step].append(each)
    for step, same in assessments.items():
        named = "" if seen.is_lone else _names(hosts[step])
        yield line(Strong("Next step: "), next_step(same.recommendation, same.release, same.on, named))
    yield from _updates(seen)


def _updates(seen: ProbedPool) -> Iterator[RichText]:
    """What closes known holes, as far as a fix is known; whoever gets none is told to leave its release."""
    waiting: list[HostVerdict] = []
    behind: list[HostVerdict] = []
    for each in seen.verdicts:
        level = each.patch_level if _tells_patches(each) and not each.is_eol else None
        if level and level.restart_required:
            waiting.append(each)
        elif level and each.assessment and level.may_be_updated(each.assessment.release):
            behind.append(each)
    if waiting:
        named = "" if seen.is_lone else f" {_names(waiting)}"
        yield line(Strong("Next step: "), f"restart{named}, which may bring fixes that are installed already.")
    if behind:
        named = "" if seen.is_lone else f" on {_names(behind)}"
        yield line(Strong("Next step: "), f"install updates{named}, and restart.")


def _names(verdicts: Sequence[HostVerdict]) -> str:
    names = [each.name for each in verdicts]
    return with_more(names, NAMES) if len(names) > NAMES else joined(names)


def _how(observation: Observation, day: date) -> RichText:
    """When and how it was asked; the day of the verdict where that is another one."""
    at, took = observation.observed_at, observation.seconds
    facts = [
        _TRANSPORTS[observation.transport],
        _TRUST[observation.tls],
        f"{took:.1f} s" if took >= 0.1 else f"{took * 1000:.0f} ms",
    ]
    later = [] if day == at.date() else [f"verdict as of {day_in_words(day)}"]
    return line(moment(at), *(f" · {fact}" for fact in (*facts, *later)))


def _data(words: str, seen: ProbedPool) -> Data:
    observation = seen.observation
    return {
        "query": words,
        "outcome": "assessed",
        "observed_at": iso(observation.observed_at),
        "target": {"name": observation.target, "address": observation.address},
        "transport": observation.transport.value,
        "tls": observation.tls.value,
        "pool": {
            "uuid": observation.pool.uuid,
            "name": observation.pool.name,
            "coordinator": next((host.name for host in observation.hosts if host.is_coordinator), None),
            "mixed_versions": observation.mixed_versions,
        },
        "hosts": [host_data(each, seen.day) for each in seen.verdicts],
        "error": None,
    }
