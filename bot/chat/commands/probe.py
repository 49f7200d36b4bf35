"""`probe HOST`: what the hosts of a pool run now, with the verdict on each, and what to do next."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from bot.catalogue import message, message_counted, number, say, say_counted
from bot.chat.command import Choice, Fleet, Invocation, Ports, Progress
from bot.chat.commands.named import leading_to
from bot.chat.data import Data, suggestion_name
from bot.chat.hosts import CANNOT_TELL, host_data, remarks, row, runs_in_words, what_ends
from bot.chat.patch_wording import NOT_SHOWN, patch_line
from bot.chat.reply import (
    GAP,
    Ask,
    Block,
    Bullets,
    Button,
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
    labelled,
    line,
    plain,
    say_line,
    say_line_counted,
    with_code,
)
from bot.chat.verdict import next_step, stage_mark, support_marks, why
from bot.chat.wording import bounded, capitalized, day_in_words, iso, joined, moment, nearest, with_more
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

_NUMBERS = {2: message("two"), 3: message("three"), 4: message("four"), 5: message("five")}
_TRANSPORTS = {
    Transport.JSON_RPC_2: "JSON-RPC",
    Transport.JSON_RPC_1: "JSON-RPC 1",
    Transport.XML_RPC: "XML-RPC",
    Transport.XO_REST: message("told by Xen Orchestra"),
}
_TRUST = {
    TlsMode.CA: message("certificate checked"),
    TlsMode.PINNED: message("certificate pinned"),
    TlsMode.INSECURE: message("certificate not checked"),
}
_PICK = Pick("probe")
_NO_TARGET = message("There is no host to ask: add `targets` to the configuration.")

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
        raise UsageError(say("There is no inventory: add `targets` to the configuration."))
    return ports.fleet


def _which(inventory: Inventory) -> Reply:
    """Which hosts there are to ask."""
    names = [target.name for target in inventory.known]
    if not names:
        return Reply("no_host", say_line(_NO_TARGET), exit_status=1)
    blocks: tuple[Block, ...] = (Bullets(tuple(line(name) for name in names[:NAMED])),)
    if (more := len(names) - NAMED) > 0:
        there = say_counted(more, "{count} more is in the inventory.", "{count} more are in the inventory.")
        blocks += (Paragraph((line(there),)),)
    buttons: tuple[Button, ...] = (_PICK,)
    if len(names) <= PRESSED:
        buttons = tuple(map(_probe, names))
    return Reply("which_host", say_line("Which host? I can ask these:"), blocks, buttons)


def _probe(target: str) -> Ask:
    return Ask(say("Probe {target}", target=target), f"probe {target}")


def _find(inventory: Inventory, asked: Invocation) -> tuple[Known | Failure, date | None]:
    """The target that the words name, and the day of an "on DATE" in them. UsageError for a day that is none."""
    if not asked.words.strip():
        if not inventory.known:
            raise UsageError(say(_NO_TARGET))
        raise UsageError(say("Say which host, for example: probe {target}.", target=inventory.known[0].name))
    target = inventory.find(asked.words)
    if not isinstance(target, Failure):
        return target, None
    name, day, bad, *_ = take_days(asked.words, asked.day)
    if bad:
        raise UsageError(say('"{words}" is not a day: write it as 2028-12-01.', words=bad))
    return (inventory.find(name) if day else target), day


def _asking(target: Known) -> RichText:
    return say_line("Asking {target} … (at most 30 seconds)", target=Strong(target.name))


def _failed(failure: Failure, words: str, inventory: Inventory, target: Data | None) -> Reply:
    """What happened and what to do, the host's name set off where the sentence begins with it."""
    near = inventory.near(words) if target is None else ()
    buttons: list[Button] = [*map(_probe, near[:2])]
    if failure.code not in _FINAL:
        buttons.append(Ask(say("Probe again"), f"probe {failure.target}"))
    elif failure.code in _UNFOUND and inventory.known:
        buttons.append(_PICK)
    name = (Strong(failure.subject),) if failure.subject else ()
    return Reply(
        kind="probe_failed",
        headline=(*name, *with_code(failure.message[len(failure.subject) :])),
        buttons=tuple(buttons),
        context=(say_line("error {code}", code=failure.code.value),),
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
    match led.targets:
        case ():
            text = message("{host} is a host, not a target: no target leads to it, so it cannot be asked.")
        case (_,):
            text = message("{host} is a host, not a target: {targets} leads to it.")
        case _:
            text = message("{host} is a host, not a target: {targets} lead to it.")
    first = say_line(text, host=Strong(led.host), targets=joined(led.targets))
    data = {**(reply.data or {}), "error": {"code": failure.code.value, "message": plain(first)}}
    asks = tuple(map(_probe, led.targets[:PRESSED]))
    return reply._replace(headline=first, buttons=asks or (Ask(led.host, led.host),), data=data)


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
    words = f"probe {observation.target} on {named_day}" if named_day else f"probe {observation.target}"
    lone = verdicts[0].assessment if seen.is_lone else None  # which has more to show: its known issues, its path
    verdict = (Ask(lone.name, lone.name),) if lone else ()
    judged_by = ports.patch_levels().advisories.day if any(map(_tells_patches, verdicts)) else None
    below = verdicts[IN_FULL:SHOWN]
    title = say(
        "Hosts {first} to {last} of {count}",
        first=number(IN_FULL + 1),
        last=number(IN_FULL + len(below)),
        count=number(len(verdicts)),
    )
    return Reply(
        kind="probe",
        headline=_first_line(seen),
        blocks=(*_body(seen), *_patches(seen)),
        buttons=(Ask(say("Probe again"), words), *verdict, Share(words)),
        context=(_how(observation, day, judged_by),),
        data=_data(asked.words, seen),
        exit_status=0 if all(each.assessment for each in verdicts) else 3,
        assessed=tuple(each.assessment for each in verdicts if each.assessment),
        hosts=verdicts,
        advisories_of=judged_by,
        rest=(Heading(line(Strong(title))), _table(below, title)) if below else (),
    )


def _first_line(seen: ProbedPool) -> RichText:
    """The verdict: of a lone host its own, of a pool how many hosts are in what state.

    A pool is called what XAPI calls it; one without a name is known by its coordinator.
    """
    facts: tuple[Span | str, ...]
    if seen.is_lone:
        (verdict,) = seen.verdicts
        assessment = verdict.assessment
        marks = [Mark("❔", say("unknown version"))]
        if assessment:
            marks = [*support_marks(seen.published, assessment), stage_mark(seen.published, assessment)]
        subject, facts = verdict.name, (runs_in_words(verdict), *marks, *_patched(verdict), *remarks(verdict.host))
    else:
        facts = tuple(_counts(seen.verdicts))
        coordinator = next((each for each in seen.verdicts if each.host.host.is_coordinator), None)
        if name := shown(seen.observation.pool.name):
            subject = say("Pool {pool}", pool=name)
        else:
            subject = say("Pool of {host}", host=coordinator.name) if coordinator else say("Pool without a name")
    asked, target = line(Strong(subject)), seen.observation.target
    if target.casefold() != subject.casefold():
        asked = say_line("{subject} (asked {target})", subject=Strong(subject), target=target)
    return line(*asked, *(piece for fact in facts for piece in (GAP, fact)))


def _counts(verdicts: Sequence[HostVerdict]) -> Iterator[Mark]:
    """What is wrong with how many hosts, or that all is well."""
    levels = [a.support.level for each in verdicts if (a := each.assessment) and not each.is_prerelease]
    count, ended = len(verdicts), sum(each.is_eol for each in verdicts)
    unknown, early = sum(each.assessment is None for each in verdicts), sum(each.is_prerelease for each in verdicts)
    if unlisted := levels.count(SupportLevel.UNLISTED):
        yield Mark("❔", _UNLISTED.said_of(unlisted, count))
    if partial := levels.count(SupportLevel.PARTIAL):
        yield Mark("❎", _PARTIAL.said_of(partial, count))
    if ended:
        yield Mark("☠️", _ENDED.said_of(ended, count))
    if unknown:
        yield Mark("❔", _UNKNOWN.said_of(unknown, count))
    if early:
        yield Mark("❔", _EARLY.said_of(early, count))
    if not (ended or unknown or early):
        yield Mark("🟢", say("{hosts} get security updates", hosts=_all(count)))
    told = [each for each in verdicts if _tells_patches(each)]
    if holes := sum(each.patch_state == "vulnerable" for each in told):
        yield Mark("🚨", _VULNERABLE.said_of(holes, count))
    if untold := sum(each.patch_state == "cannot_tell" for each in told):
        yield Mark("❔", _UNTOLD.said_of(untold, count))
    if off := sum(each.host.is_off for each in verdicts):
        yield Mark("🔌", _OFF.said_of(off, count))


class _Fact(NamedTuple):
    """What holds for some of a pool's hosts, in its two forms, or for all of them."""

    some: tuple[str, str]
    every: str

    def said_of(self, some: int, count: int) -> str:
        """In words, of some of so many hosts."""
        if some < count:
            return say_counted(some, *self.some, all=number(count))
        return say(self.every, hosts=_all(count))


def _all(count: int) -> str:
    return say("both hosts") if count == 2 else say("all {count} hosts", count=number(count))


_UNLISTED = _Fact(
    message_counted("{count} of {all} hosts not on the list", "{count} of {all} hosts not on the list"),
    message("{hosts} not on the list"),
)
_PARTIAL = _Fact(
    message_counted("{count} of {all} hosts with partial support", "{count} of {all} hosts with partial support"),
    message("{hosts} with partial support"),
)
_ENDED = _Fact(
    message_counted(
        "{count} of {all} hosts gets no security updates", "{count} of {all} hosts get no security updates"
    ),
    message("{hosts} get no security updates"),
)
_UNKNOWN = _Fact(
    message_counted("{count} of {all} hosts of an unknown version", "{count} of {all} hosts of an unknown version"),
    message("{hosts} of an unknown version"),
)
_EARLY = _Fact(
    message_counted("{count} of {all} hosts runs a pre-release", "{count} of {all} hosts run a pre-release"),
    message("{hosts} run a pre-release"),
)
_VULNERABLE = _Fact(
    message_counted("{count} of {all} hosts has known holes", "{count} of {all} hosts have known holes"),
    message("{hosts} have known holes"),
)
_UNTOLD = _Fact(
    message_counted("cannot tell if patched: {count} of {all} hosts", "cannot tell if patched: {count} of {all} hosts"),
    message("cannot tell if patched: {hosts}"),
)
_OFF = _Fact(
    message_counted("{count} of {all} hosts is off", "{count} of {all} hosts are off"),
    message("{hosts} are off"),
)


def _patched(verdict: HostVerdict) -> Iterator[Mark]:
    """Whether a lone host is patched, for who reads no more than the first line; nothing where it says too little."""
    if not (_tells_patches(verdict) and verdict.patch_level):
        return
    if holes := len(verdict.patch_level.vulnerable):
        yield Mark("🚨", say_counted(holes, "{count} known hole", "{count} known holes"))
    elif verdict.patch_state == "cannot_tell":
        yield Mark("❔", say(CANNOT_TELL))
    else:
        yield Mark("🟢", say("known holes fixed"))


def _tells_patches(verdict: HostVerdict) -> bool:
    """Whether there is something to judge it by, and it runs."""
    return bool(verdict.patch_level and verdict.patch_level.covered and not verdict.host.is_off)


def _patches(seen: ProbedPool) -> Iterator[Block]:
    """What of their patch levels matters, once for all hosts of which the same holds; nothing of those that are off."""
    levels = [(each, each.patch_level) for each in seen.verdicts if _tells_patches(each) and each.patch_level]
    explains = len({patch_line(level) for _, level in levels}) == 1
    alike: dict[str, list[HostVerdict]] = defaultdict(list)
    for each, level in levels:
        alike[patch_line(level, explains)].append(each)
    if [len(of_it) for of_it in alike.values()] == [len(seen.verdicts)]:
        yield Paragraph((labelled(say("Patch level:"), capitalized(f"{next(iter(alike))}.")),))
    elif alike:
        lines = [line(Strong(_names(of_it)), f": {state}.") for state, of_it in alike.items()]
        yield Bullets(bounded(lines, IN_FULL), say("Patch level"))
        if not explains and any(level.not_shown for _, level in levels):
            yield Paragraph((say_line(NOT_SHOWN),))


def _body(seen: ProbedPool) -> Iterator[Block]:
    """What stands below the first line."""
    if not seen.is_lone:
        yield _table(seen.verdicts[:IN_FULL], say("Hosts, the worst first"))
    elif assessment := seen.verdicts[0].assessment:
        yield Paragraph((why(assessment),))
    if notes := tuple(_notes(seen)):
        yield Paragraph(notes)
    if steps := tuple(_next_steps(seen)):
        yield Paragraph(steps)


def _table(verdicts: Sequence[HostVerdict], caption: str) -> Table:
    header = columns(say("Host"), say("Runs"), Column(say("Verdict"), ColumnKind.SIGN), say("Remarks"))
    return Table(header, tuple(map(row, verdicts)), caption, as_lines=True)


def _notes(seen: ProbedPool) -> Iterator[RichText]:
    """What is not shown here, that a pool runs several versions, and which versions are not known."""
    if below := len(seen.verdicts[IN_FULL:SHOWN]):
        yield say_line_counted(
            below,
            "These are the worst {most}; {count} more host is below.",
            "These are the worst {most}; {count} more hosts are below.",
            most=number(IN_FULL),
        )
    if left := len(seen.verdicts[SHOWN:]):
        yield say_line_counted(
            left,
            "{count} more is not shown; in a shell `xocompat probe {target} --json` shows all.",
            "{count} more are not shown; in a shell `xocompat probe {target} --json` shows all.",
            target=seen.observation.target,
        )
    yield from bounded([*_ends(seen)], IN_FULL)
    if seen.observation.mixed_versions:
        versions = len({(host.product_brand, host.product_version) for host in seen.observation.hosts})
        several = say(_NUMBERS[versions]) if versions in _NUMBERS else number(versions)
        mend = say("The pool runs {number} versions: finish the rolling upgrade.", number=several)
        yield line(Mark("⚠️", mend))
    unknown: dict[str, list[HostVerdict]] = defaultdict(list)
    for each in seen.verdicts:
        if each.assessment is None:
            unknown[each.runs].append(each)
    for version, verdicts in unknown.items():
        names = [suggestion_name(suggestion, seen.day) for suggestion in verdicts[0].part.suggestions]
        what = say("XAPI does not say which release it is.")
        if verdicts[0].says_release:
            what = say("I do not know {release}.", release=version)
        if not seen.is_lone:
            what = say("{hosts}: {sentence}", hosts=_names(verdicts), sentence=what)
        yield line(f"{what}{nearest(names, message('Nearest: {names}.'))}")


def _ends(seen: ProbedPool) -> Iterator[RichText]:
    """Of each host that has something of the kind: what ends, and since when it waits for a restart."""
    for each in seen.verdicts:
        if words := ", ".join(what_ends(each.host, seen.day)):
            lone = capitalized(f"{words}.")
            yield line(lone if seen.is_lone else say("{hosts}: {clause}.", hosts=each.name, clause=words))


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
        yield labelled(say("Next step:"), next_step(same.recommendation, same.release, same.on, named))
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
    if seen.is_lone:
        restart = say("restart, which may bring fixes that are installed already.")
        update = say("install updates, and restart.")
    else:
        restart = say("restart {hosts}, which may bring fixes that are installed already.", hosts=_names(waiting))
        update = say("install updates on {hosts}, and restart.", hosts=_names(behind))
    if waiting:
        yield labelled(say("Next step:"), restart)
    if behind:
        yield labelled(say("Next step:"), update)


def _names(verdicts: Sequence[HostVerdict]) -> str:
    names = [each.name for each in verdicts]
    return with_more(names, NAMES) if len(names) > NAMES else joined(names)


def _how(observation: Observation, day: date, judged_by: date | None) -> RichText:
    """When and how it was asked; the day of the verdict where that is another one, and of the advisories."""
    at, took = observation.observed_at, observation.seconds
    facts = [
        say(_TRANSPORTS[observation.transport]),
        say(_TRUST[observation.tls]),
        say("{time} s", time=f"{took:.1f}") if took >= 0.1 else say("{time} ms", time=f"{took * 1000:.0f}"),
    ]
    if day != at.date():
        facts.append(say("verdict as of {day}", day=day_in_words(day)))
    if judged_by:
        facts.append(say("advisories of {day}", day=day_in_words(judged_by)))
    return line(moment(at), *(f" · {fact}" for fact in facts))


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
