"""`patches [WORDS]`: which updates hosts miss, as a Xen Orchestra tells it; what could not be asked is never "none"."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from bot.catalogue import message, say, say_about, say_counted
from bot.chat.command import Invocation, Ports, Watched
from bot.chat.commands import PATCHES
from bot.chat.commands.fleet import not_narrowed
from bot.chat.data import Data
from bot.chat.filter import fleet_filter, take_words
from bot.chat.hosts import hosts_with_verdicts, watched_of
from bot.chat.reply import (
    Block,
    Bullets,
    Column,
    ColumnKind,
    Paragraph,
    Reply,
    RichText,
    Share,
    Sortable,
    Strong,
    Table,
    columns,
    headline,
    line,
    say_line,
)
from bot.chat.wording import count_cell, iso, moment, with_more
from bot.fleet.hosts import SourceKind
from bot.fleet.verdicts import HostVerdict
from bot.text import shown
from bot.xo.updates import MissingUpdates, WhyNotAsked

NAMES_MAX = 5
"""Updates of a host that are named, and hosts that could not be asked for the same reason."""

_WHY = {
    WhyNotAsked.OFF: message("off, as Xen Orchestra tells it"),
    WhyNotAsked.LOST: message("whether on or off, Xen Orchestra cannot tell"),
    WhyNotAsked.PLAN: message("the plan of this Xen Orchestra does not have the function"),
    WhyNotAsked.RIGHTS: message("the token's user may not read the list"),
    WhyNotAsked.HOSTS_FAILED: message("the list is empty, which is no proof: some hosts could not be asked"),
    WhyNotAsked.DASHBOARD_RIGHTS: message(
        "the list is empty, and the token's user may not read the dashboard, which tells why"
    ),
    WhyNotAsked.DASHBOARD: message("the list is empty, and the dashboard, which tells why, did not answer"),
    WhyNotAsked.NOT_THERE: message("this Xen Orchestra does not know the question, or the host"),
    WhyNotAsked.TIMEOUT: message("it took too long"),
    WhyNotAsked.BAD_REPLY: message("the reply could not be read"),
    WhyNotAsked.REPLY_TOO_LARGE: message("the reply was too large"),
}
"""Why hosts could not be asked, as a clause about one of them or several."""


def run(ports: Ports, asked: Invocation) -> Reply:
    """The hosts for which all words hold, those that wait for a restart first, then by security updates missing."""
    watched = watched_of(ports)
    words, named_day = take_words(asked.words, asked.day)
    day = named_day or asked.day
    every = hosts_with_verdicts(ports, watched, day)
    wanted = fleet_filter(ports.reader, words, every, watched.sources)
    if wanted.unknown:
        return not_narrowed(wanted, watched, {"as_of": day.isoformat(), "hosts": []}, PATCHES.name)
    hosts = [each for each in every if wanted.holds(each)]
    kinds = {source.name: source.kind for source in watched.sources}
    newest = _newest(watched, hosts)
    rows = [(each, newest.get(each.host.host.uuid)) for each in hosts]
    rows.sort(key=lambda row: (not row[0].host.host.reboot_required, *_badness(row[1])))
    names = columns(
        say("Host"),
        say("Pool"),
        Column(say("Missing"), ColumnKind.NUMBER),
        Column(say("Security"), ColumnKind.NUMBER),
        say("Updates"),
        say("Restart"),
    )
    blocks: list[Block] = [Table(names, tuple(_row(*row) for row in rows), say("Hosts and missing updates"))]
    blocks += _not_asked(rows)
    if any(_is_from_orchestra_alone(each, kinds) for each in hosts):
        little = say_line(
            "Advisories tell little of hosts known from Xen Orchestra alone: it does not say which build runs."
        )
        blocks.append(Paragraph((little,)))
    missing = say_line(
        "Missing: what the host's enabled repositories offer newer than it has, as Xen Orchestra tells it."
    )
    told_at = [told.asked_at for _, told in rows if told]
    oldest = [say_line("Oldest answer of {moment}", moment=moment(min(told_at)))] if told_at else []
    return Reply(
        kind="patches",
        headline=headline(Strong(say_counted(len(hosts), "{count} host", "{count} hosts")), *_counts(rows)),
        blocks=tuple(blocks) if hosts or asked.caller.takes_all else (),
        buttons=(Share(f"{PATCHES.name} {asked.words}".strip()),),
        context=(missing, *oldest),
        data={"as_of": day.isoformat(), "hosts": [_data(*row) for row in rows]},
        assessed=tuple({a.name: a for each in hosts if (a := each.assessment)}.values()),
        hosts=tuple(hosts),
    )


def _newest(watched: Watched, hosts: Sequence[HostVerdict]) -> dict[str, MissingUpdates]:
    """By host what a Xen Orchestra that is still configured said last; what it could not be asked counts least."""
    sources, uuids = {source.name for source in watched.sources}, [each.host.host.uuid for each in hosts]
    newest: dict[str, MissingUpdates] = {}
    for told in watched.orchestras.missing(uuids) if watched.orchestras and uuids else ():
        seen = newest.get(told.host)
        if told.source in sources and (seen is None or (told.asked, told.asked_at) > (seen.asked, seen.asked_at)):
            newest[told.host] = told
    return newest


def _counts(rows: Sequence[tuple[HostVerdict, MissingUpdates | None]]) -> Iterator[str]:
    """How many miss updates, wait for a restart, are not known."""
    if behind := sum(bool(told and told.missing) for _, told in rows):
        yield say_counted(behind, "{count} known to miss updates", "{count} known to miss updates")
    else:
        yield say("none known to miss updates")
    if restart := sum(each.host.host.reboot_required is True for each, _ in rows):
        yield say_counted(restart, "{count} waits for a restart", "{count} wait for a restart")
    if unasked := sum(not (told and told.asked) for _, told in rows):
        yield say_counted(unasked, "{count} not known", "{count} not known")


def _is_from_orchestra_alone(host: HostVerdict, kinds: dict[str, SourceKind]) -> bool:
    return all(kinds.get(name) is SourceKind.XEN_ORCHESTRA for name in host.host.sources)


def _badness(told: MissingUpdates | None) -> tuple[int, int, bool]:
    """Sorts those that miss most security updates first, what nobody knows before what misses nothing."""
    missing = told.missing if told else ()
    return -sum(update.security is True for update in missing), -len(missing), bool(told and told.asked)


def _row(host: HostVerdict, told: MissingUpdates | None) -> tuple[RichText, ...]:
    restart = _restart(host.host.host.reboot_required)
    first = (line(Strong(host.name)), line(host.pool_name))
    if told is None or not told.asked:
        why = say("not known: it is off") if host.host.is_off else say("could not ask")
        unknown = (Sortable(say_about("a number of updates", "not known"), -1),)
        return (*first, unknown, unknown, line(why), line(restart))
    security = [update for update in told.missing if update.security]
    ordered = [*security, *(update for update in told.missing if not update.security)]
    names = [shown(f"{update.name} {update.version}".strip()) for update in ordered]
    named = with_more(names, NAMES_MAX) if names else say("nothing missing in the enabled repositories")
    return (*first, count_cell(len(names)), count_cell(len(security)), line(named), line(restart))


def _restart(is_required: bool | None) -> str:
    if is_required is None:
        return say_about("a restart", "not known")
    return say_about("a restart", "pending") if is_required else say_about("a restart", "none pending")


def _not_asked(rows: Sequence[tuple[HostVerdict, MissingUpdates | None]]) -> Iterator[Block]:
    """Why hosts could not be asked, once for all with the same reason; those that are off are told in their row."""
    alike: dict[str, list[str]] = defaultdict(list)
    for host, told in rows:
        if host.host.is_off or (told and told.asked):
            continue
        if told is None:
            why = say("no Xen Orchestra tells what is missing")
        else:
            why = say(_WHY[told.why]) if told.why else say("not known why")
        alike[why].append(host.name)
    if alike:
        items = (line(Strong(with_more(names, NAMES_MAX)), f": {why}") for why, names in alike.items())
        yield Bullets(tuple(items), say("Could not ask"))


def _data(host: HostVerdict, told: MissingUpdates | None) -> Data:
    """A host as CONTRACT.md section 5 has it, with why it could not be asked."""
    seen = host.host.host
    synced = seen.updates_synced_at
    return {
        "name": host.name,
        "uuid": seen.uuid,
        "pool": host.host.pool.name or host.pool_name,
        "source": told.source if told else None,
        "asked": bool(told and told.asked),
        "why": told.why.value if told and told.why else None,
        "missing": [{"name": u.name, "version": u.version, "security": u.security} for u in told.missing]
        if told
        else [],
        "restart_required": seen.reboot_required,
        "last_sync_at": iso(synced) if synced else None,
    }
