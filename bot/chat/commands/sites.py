"""`sites`: who asks hosts where the centre does not reach, and when each was last heard; the silent ones first."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.catalogue import say, say_about, say_counted
from bot.chat.command import Invocation, Ports
from bot.chat.data import Data
from bot.chat.hosts import watched_of
from bot.chat.reply import (
    Ask,
    Block,
    Column,
    ColumnKind,
    Mark,
    Paragraph,
    Reply,
    RichText,
    Strong,
    Table,
    columns,
    headline,
    line,
    say_line,
)
from bot.chat.wording import count_cell, iso, moment_in_words
from bot.errors import UsageError
from bot.fleet.sites import KnownSites, Site
from bot.text import shown


def run(ports: Ports, asked: Invocation) -> Reply:
    """All sites that report here, and those that are expected to. In one channel alone, those that lead to it."""
    if asked.words.strip():
        raise UsageError(say("`sites` takes nothing. For the hosts of a site: fleet SITE."))
    watched = watched_of(ports)
    known = watched.sites() if watched.sites else KnownSites()
    if watched.channel is not None:
        here = {source.site for source in watched.sources}
        known = known._replace(sites=tuple(site for site in known.sites if site.name in here))
    now = watched.clock()
    silent = known.silent(now)
    sites = sorted(known.sites, key=lambda site: (site.name not in silent, site.name))
    return Reply(
        kind="sites",
        headline=_first(sites, len(silent)),
        blocks=tuple(_body(sites, known, now, asked.caller.takes_all)),
        buttons=(Ask(say("Fleet"), "fleet"),) if sites else (),
        data={"sites": [_data(site, site.name in silent) for site in sites]},
    )


def _first(sites: Sequence[Site], silent: int) -> RichText:
    if not sites:
        return say_line(
            "{nothing}: add `sites` to the configuration, and run `xocompat site` where the hosts are",
            nothing=Strong(say("No site reports here")),
        )
    return sites_line(len(sites), silent)


def sites_line(sites: int, silent: int) -> RichText:
    """How many sites there are, and how many of them are silent."""
    count = Strong(say_counted(sites, "{count} site", "{count} sites"))
    if silent:
        return headline(count, Mark("⚠️", say_counted(silent, "{count} is silent", "{count} are silent")))
    return headline(count, Mark("🟢", say("heard lately") if sites == 1 else say("all heard lately")))


def _body(sites: list[Site], known: KnownSites, now: datetime, takes_all: bool) -> Iterator[Block]:
    if sites or takes_all:
        silent = known.silent(now)
        header = columns(
            say("Site"),
            Column(say("State"), ColumnKind.SIGN),
            say("Last heard"),
            Column(say("Workers"), ColumnKind.NUMBER),
            Column(say("Targets"), ColumnKind.NUMBER),
            say("Version"),
        )
        rows = tuple(_row(site, site.name in silent) for site in sites)
        yield Table(header, rows, say("Sites, the silent ones first"))
    if sites and known.server and not known.server.is_up:
        away = say_line(
            "{server} cannot be reached since {moment}: nothing is heard here meanwhile.",
            server=Strong(say("The NATS server")),
            moment=moment_in_words(known.server.since),
        )
        yield Paragraph((line(Mark("⚠️", ""), " ", *away),))
    for site in sites:
        if old := sorted({shown(worker.version, 40) for worker in site.workers if worker.is_too_old}):
            outdated = say_line(
                "{site} has a worker that is too old to be understood ({versions}): install this version there.",
                site=Strong(site.name),
                versions=", ".join(old),
            )
            yield Paragraph((line(Mark("⚠️", ""), " ", *outdated),))


def _row(site: Site, is_silent: bool) -> tuple[RichText, ...]:
    heard = moment_in_words(site.heard_at) if site.heard_at else say_about("when a site was heard", "never")
    return (
        line(Strong(site.name)),
        line(Mark("⚠️", say("silent")) if is_silent else Mark("🟢", say_about("a site", "heard"))),
        line(heard),
        count_cell(len(site.workers)),
        count_cell(len(site.targets)),
        line(shown(site.version or "", 40)),
    )


def _data(site: Site, is_silent: bool) -> Data:
    return {
        "name": site.name,
        "workers": len(site.workers),
        "last_heard_at": iso(site.heard_at) if site.heard_at else None,
        "targets": len(site.targets),
        "silent": is_silent,
        "version": site.version,
    }
