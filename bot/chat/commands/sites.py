"""`sites`: who asks hosts where the centre does not reach, and when each was last heard; the silent ones first."""

from collections.abc import Iterator, Sequence
from datetime import datetime

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
    with_code,
)
from bot.chat.wording import count_cell, counted, iso, moment_in_words
from bot.errors import UsageError
from bot.fleet.sites import KnownSites, Site
from bot.text import shown

_COLUMNS = columns(
    "Site",
    Column("State", ColumnKind.SIGN),
    "Last heard",
    Column("Workers", ColumnKind.NUMBER),
    Column("Targets", ColumnKind.NUMBER),
    "Version",
)
_NONE = ": add `sites` to the configuration, and run `xocompat site` where the hosts are"


def run(ports: Ports, asked: Invocation) -> Reply:
    """All sites that report here, and those that are expected to. In one channel alone, those that lead to it."""
    if asked.words.strip():
        raise UsageError("`sites` takes nothing. For the hosts of a site: fleet SITE.")
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
        buttons=(Ask("Fleet", "fleet"),) if sites else (),
        data={"sites": [_data(site, site.name in silent) for site in sites]},
    )


def _first(sites: Sequence[Site], silent: int) -> RichText:
    if not sites:
        return line(Strong("No site reports here"), *with_code(_NONE))
    return sites_line(len(sites), silent)


def sites_line(sites: int, silent: int) -> RichText:
    """How many sites there are, and how many of them are silent."""
    count = Strong(counted(sites, "site"))
    if silent:
        return headline(count, Mark("⚠️", f"{silent} {'is' if silent == 1 else 'are'} silent"))
    return headline(count, Mark("🟢", "heard lately" if sites == 1 else "all heard lately"))


def _body(sites: list[Site], known: KnownSites, now: datetime, takes_all: bool) -> Iterator[Block]:
    if sites or takes_all:
        silent = known.silent(now)
        yield Table(_COLUMNS, tuple(_row(site, site.name in silent) for site in sites), "Sites, the silent ones first")
    if sites and known.server and not known.server.is_up:
        away = f" cannot be reached since {moment_in_words(known.server.since)}: nothing is heard here meanwhile."
        yield Paragraph((line(Mark("⚠️", ""), " ", Strong("The NATS server"), away),))
    for site in sites:
        if old := sorted({shown(worker.version, 40) for worker in site.workers if worker.is_too_old}):
            said = f" has a worker that is too old to be understood ({', '.join(old)}): install this version there."
            yield Paragraph((line(Mark("⚠️", ""), " ", Strong(site.name), said),))


def _row(site: Site, is_silent: bool) -> tuple[RichText, ...]:
    heard = moment_in_words(site.heard_at) if site.heard_at else "never"
    return (
        line(Strong(site.name)),
        line(Mark("⚠️", "silent") if is_silent else Mark("🟢", "heard")),
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
