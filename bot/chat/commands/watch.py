"""`watch RELEASE | pool NAME | all [lead 90d]`: what a channel wants to be told about."""

from collections.abc import Iterator, Sequence
from datetime import date

from bot.alerts.ports import Watch, WatchKind
from bot.alerts.routing import names
from bot.chat.alert_context import alerting, here, moment
from bot.chat.command import Alerting, Invocation, Ports
from bot.chat.reply import Ask, ChannelName, Mark, Paragraph, Reply, RichText, line
from bot.chat.watch import about, lead_in_words, pools, read, watch_data
from bot.chat.wording import day_in_words, distance
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product


def run(ports: Ports, asked: Invocation) -> Reply:
    """Watch something for the channel; it is told once the fleet is judged anew, within minutes."""
    known = alerting(ports)
    channel = here(known, asked)
    wanted = read(ports, asked, channel)
    if isinstance(wanted, Reply):
        return wanted
    now, by = moment(known, asked), asked.caller.name
    watches = [thing._replace(lead=wanted.lead, by=by, at=now) for thing in wanted.things]
    added = [known.watches.add(watch) for watch in watches]
    return Reply(
        kind="watch",
        headline=_first(watches, channel, any(added)),
        blocks=(Paragraph(tuple(_more(ports.matrix, known, watches, asked.day))),),
        buttons=(Ask("What is watched here", "watches"),),
        data={"channel": channel, "added": sum(added), "watches": [watch_data(watch) for watch in watches]},
    )


def _first(watches: Sequence[Watch], channel: str, added: bool) -> RichText:
    what = about(watches[0]) if len(watches) == 1 else line(f"{len(watches)} releases, with or without hosts")
    return line(
        Mark("👀", "watching" if added else "watching already"), ": ", ChannelName(channel), " is told about ", *what
    )


def _more(matrix: Matrix, known: Alerting, watches: Sequence[Watch], day: date) -> Iterator[RichText]:
    lead = watches[0].lead
    yield line(
        f"{lead_in_words(lead or known.plan.lead).capitalize()}; what is due already comes within a few minutes."
    )
    for watch in watches:
        yield from _note(matrix, known, watch, day)


def _note(matrix: Matrix, known: Alerting, watch: Watch, day: date) -> Iterator[RichText]:
    """When a release ends; that no pool has the name now."""
    if watch.kind is WatchKind.POOL and (there := pools(known)) is not None:
        if not any(names(pool, watch.what) for pool in there):
            yield line(Mark("⚠️", f'No known pool is called "{watch.what}" now; it counts once there is one.'))
    elif watch.product and (release := matrix.release(Product(watch.product), watch.release or "")):
        eol = release.lifecycle.eol
        when = f"is {day_in_words(eol)} ({distance(eol, day)})" if eol else "is not known"
        yield line(f"The end of life of {release.name(day)} {when}.")
