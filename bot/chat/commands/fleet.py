"""`fleet [WORDS]`: all watched hosts with their verdicts, the worst first, as they were last seen. Nobody is asked.

Beside them stands how asking goes: which targets do not answer since when, which never did, when it was last tried.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter

from bot.chat.command import Invocation, Ports, Right, Watched
from bot.chat.data import Data
from bot.chat.filter import SOON, STATES, FleetFilter, ends_soon, fleet_filter, take_words
from bot.chat.hosts import fleet_data, hosts_with_verdicts, row, watched_of
from bot.chat.lookup import context
from bot.chat.reply import (
    Ask,
    Block,
    Bullets,
    Button,
    Code,
    Mark,
    Paragraph,
    Plain,
    Reply,
    RichText,
    Share,
    Span,
    Strong,
    Table,
    Typed,
    headline,
    line,
    with_code,
)
from bot.chat.verdict import next_step
from bot.chat.wording import age, bounded, counted, iso, moment_in_words, nearest, plural
from bot.fleet.hosts import Source, SourceState, WatchedHost
from bot.fleet.verdicts import HostVerdict
from bot.query.text import shown

IN_FULL = 50
"""More hosts than this: the worst ones, how many more there are, and how to see them."""

SILENT_IN_FULL = 10
MESSAGE_MAX = 200

States = Mapping[str, SourceState]


def run(ports: Ports, asked: Invocation) -> Reply:
    """The hosts for which all words hold, or what words there are."""
    watched = watched_of(ports)
    words, named_day = take_words(asked.words, asked.day)
    day = named_day or asked.day
    every = hosts_with_verdicts(ports, watched, day)
    wanted = fleet_filter(ports.reader, words, every, watched.sources)
    if wanted.unknown:
        return _unknown(wanted, watched, day)
    hosts = [each for each in every if wanted.holds(each)]
    states = states_of(watched)
    sweep = Ask("Sweep now", "sweep")
    buttons: list[Button] = [sweep] if Right.OPERATE in asked.rights else []
    if hosts:
        buttons.append(Share(f"fleet {asked.words}".strip()))
    done = watched.sweeps.last_finished()
    finished_at = iso(done.finished_at) if done and done.finished_at else None
    return Reply(
        kind="fleet",
        headline=fleet_line(hosts, len(every), shown(words), watched),
        blocks=tuple(_body(hosts, watched, states, is_whole=not words)),
        buttons=tuple(buttons),
        context=(last_sweep(watched), *context(ports.matrix, day)),
        data={
            **fleet_data(hosts, day),
            "outcome": "assessed",
            "targets": [_source_data(source, states.get(source.name)) for source in watched.sources],
            "sweep": {"finished_at": finished_at, "targets": done.sources, "failed": done.failed} if done else None,
        },
        assessed=tuple({a.name: a for each in hosts if (a := each.assessment)}.values()),
    )


def fleet_line(hosts: Sequence[HostVerdict], count: int, words: str, watched: Watched) -> RichText:
    """The first line about some hosts: `count` is how many there are in all, `words` are those that chose some."""
    sources = len(watched.sources)
    if not (count or sources) and watched.channel:
        how = ": add a route under `alerts` to the configuration, or `watch` something"
        return line(Strong("No host leads to this channel"), *with_code(how))
    if not (count or sources):
        how = ": add `targets` or `xen_orchestra` to the configuration"
        return line(Strong("No host is watched"), *with_code(how))
    if not count:
        return headline(Strong("No host is known yet"), f"{counted(sources, 'target')} to ask")
    pools = len({each.host.pool.uuid for each in hosts})
    some = f"{len(hosts)} of {counted(count, 'host')}" if words else counted(count, "host")
    where = f" in {counted(pools, 'pool')}" if hosts else ""
    return headline(Strong(f"{some}{where}"), *([words] if words else []), *_fate(hosts))


def _fate(hosts: Sequence[HostVerdict]) -> Iterator[Span]:
    """What is wrong with how many, or that nothing is."""
    ended = sum(each.is_eol for each in hosts)
    soon = sum(map(ends_soon, hosts))
    unknown = sum(each.assessment is None for each in hosts)
    early = sum(each.is_prerelease for each in hosts)
    away = list(filter(None, (_missing_since(each.host) for each in hosts)))
    off = sum(each.host.is_off for each in hosts)
    if ended:
        yield Mark("☠️", f"{ended} {plural(ended, 'gets', 'get')} no security updates")
    if soon:
        yield Mark("⏳", f"{soon} {plural(soon, 'ends', 'end')} within {SOON} days")
    if unknown:
        yield Mark("❓", f"{unknown} of an unknown version")
    if early:
        yield Mark("❔", f"{early} {plural(early, 'runs', 'run')} a pre-release")
    if away:
        since = moment_in_words(min(away))
        yield Mark("⚠️", f"{len(away)} not seen since {since}{' or later' if len(set(away)) > 1 else ''}")
    if hosts and not (ended or soon or unknown or early or away):
        yield Mark("✅", "security updates for all of them")
    if off:
        yield Mark("🔌", f"{off} {plural(off, 'is', 'are')} off")


def _missing_since(host: WatchedHost) -> datetime | None:
    """Since when nobody sees it, or can tell whether it runs; one that is off is not missing."""
    return None if host.is_off else host.unreachable_since or host.down_since


def _body(hosts: Sequence[HostVerdict], watched: Watched, states: States, *, is_whole: bool) -> Iterator[Block]:
    if hosts:
        yield Table(("Host", "Runs", "Verdict", "Pool", ""), tuple(map(_row, hosts[:IN_FULL])))
    if (more := len(hosts) - IN_FULL) > 0:
        rest = f"{more} more {plural(more, 'host is', 'hosts are')} no worse than these. Narrow it down, as in "
        whole = ("; in a shell ", Code("xocompat export"), " has all.")
        yield Paragraph((line(rest, Typed("fleet eol lab"), *whole),))
    needy = (a for each in hosts if (a := each.assessment) and not a.recommendation.is_nothing)
    if worst := next(needy, None):
        count = sum((a := each.assessment) is not None and a.name == worst.name for each in hosts)
        step = next_step(worst.recommendation, worst.release, worst.on)
        yield Paragraph((line(Strong("Next step: "), f"{worst.name} ({counted(count, 'host')}): {step}"),))
    if is_whole and (silent := unanswering(watched, states)):
        items = [_silence(source, states.get(source.name)) for source in silent]
        title = f"Without an answer: {len(silent)} of {len(watched.sources)} targets"
        yield Bullets(bounded(items, SILENT_IN_FULL), title)


def _row(verdict: HostVerdict) -> tuple[RichText, ...]:
    name, runs, says, remarks = row(verdict)
    away = _missing_since(verdict.host)
    missing = f"{', ' if remarks and remarks[0].text else ''}not seen since {moment_in_words(away)}" if away else ""
    return (name, runs, says, line(verdict.pool_name), (*remarks, Plain(missing)) if missing else remarks)


def _silence(source: Source, state: SourceState | None) -> RichText:
    """Since when a source does not answer, and why."""
    name = Strong(shown(source.name))
    if state is None:
        return line(name, ": not asked yet")
    tries = counted(state.failures, "try", "tries")
    since = moment_in_words(state.unreachable_since) if state.unreachable_since and state.ok_at else None
    how_long = f"since {since}, {tries}" if since else f"never answered, {tries}"
    return line(name, f": {how_long}. ", *with_code(shown(state.error or "", MESSAGE_MAX)))


def states_of(watched: Watched) -> States:
    """What is known of the configured sources, by name; those that were never asked are not in it."""
    configured = {source.name for source in watched.sources}
    return {state.name: state for state in watched.store.sources() if state.name in configured}


def unanswering(watched: Watched, states: States) -> list[Source]:
    """Sources that do not answer, those that never did first."""
    silent: list[tuple[bool, Source]] = []
    for source in watched.sources:
        state = states.get(source.name)
        if state is None or state.unreachable_since is not None:
            has_answered = state is not None and state.ok_at is not None
            silent.append((has_answered, source))
    return [source for _, source in sorted(silent, key=itemgetter(0))]


def last_sweep(watched: Watched) -> RichText:
    """When the last sweep was, how it went, and why a later one could not be done."""
    done, broken = watched.sweeps.last_finished(), watched.sweeps.last_error()
    if done is None or done.finished_at is None:
        said = "No sweep is done yet."
    else:
        at = done.finished_at
        failed = f", {done.failed} without an answer" if done.failed else ""
        how_long_ago = age(at, watched.clock())
        said = f"Last sweep {moment_in_words(at)} ({how_long_ago}): {counted(done.sources, 'target')}{failed}."
    if broken:
        said += f" A sweep since could not be done: {shown(broken.error or '', MESSAGE_MAX)}"
    return with_code(said)


def _source_data(source: Source, state: SourceState | None) -> Data:
    """A source with how asking it goes."""
    moments = {"tried_at": None, "ok_at": None, "unreachable_since": None}
    if state is None:
        found: Data = {"reachable": None, **moments, "failures": 0, "error": None}
    else:
        error = {"code": state.error_code, "message": state.error} if state.error_code is not None else None
        known = {name: iso(at) if (at := getattr(state, name)) else None for name in moments}
        found = {"reachable": state.unreachable_since is None, **known, "failures": state.failures, "error": error}
    return {"name": source.name, "kind": source.kind.value, "tags": list(source.tags), **found}


def _unknown(wanted: FleetFilter, watched: Watched, day: date) -> Reply:
    """What words there are, and which are near to those that are none."""
    words = " and ".join(f'"{word}"' for word in wanted.unknown[:3])
    tags = sorted({tag for source in watched.sources for tag in source.tags})
    a_tag = f"a tag ({', '.join(tags[:5])}{', …' if len(tags) > 5 else ''})" if tags else "a tag"
    allowed = f"{', '.join(STATES)}, {a_tag}, a pool, a target, a host, a product or a release such as XCP-ng 8.2"
    return Reply(
        kind="fleet_unknown",
        headline=line(f"I can't narrow the fleet down by {words}.{nearest(wanted.near)}"),
        blocks=(Paragraph((line(f"There are: {allowed}. Of several words all must hold."),)),),
        buttons=(*(Ask(f"fleet {name}", f"fleet {name}") for name in wanted.near[:2]), Ask("Whole fleet", "fleet")),
        data={
            **fleet_data((), day),
            "unknown": list(wanted.unknown),
            "suggestions": list(wanted.near),
        },
        exit_status=3,
        assessed=(),
    )
