"""`watches`: what a channel is told about, by its own wish and by the configuration."""

from collections.abc import Iterator, Sequence

from bot.alerts.ports import Watch
from bot.alerts.routing import AlertPlan, Route
from bot.chat.alert_context import alerting, here
from bot.chat.command import Invocation, Ports
from bot.chat.reply import Block, Bullets, ChannelName, Paragraph, PersonName, Reply, RichText, Typed, headline, line
from bot.chat.watch import about, lead_in_words, typed, watch_data
from bot.chat.wording import day_in_words
from bot.errors import UsageError


def run(ports: Ports, asked: Invocation) -> Reply:
    """The channel's watches, then the routes that lead to it."""
    if asked.words.strip():
        raise UsageError("`watches` takes nothing; to watch something: watch XCP-ng 8.3.")
    known = alerting(ports)
    channel, plan = here(known, asked), known.plan
    watches = [watch for watch in known.watches.all() if watch.channel == channel]
    digest = known.digests.is_on(channel)
    return Reply(
        kind="watches",
        headline=_first(channel, watches, digest),
        blocks=tuple(_body(channel, watches, plan)),
        data={
            "channel": channel,
            "watches": [watch_data(watch) for watch in watches],
            "routes": [
                {"tags": list(route.tags), "pools": list(route.pools), "lead_days": list(route.lead)}
                for route in plan.routes
                if route.channel == channel
            ],
            "default": plan.channel == channel,
            "digest": digest,
        },
    )


def _first(channel: str, watches: Sequence[Watch], digest: bool) -> RichText:
    count = {0: "nothing", 1: "1 thing"}.get(len(watches), f"{len(watches)} things")
    weekly = f"weekly digest {'on' if digest else 'off'}"
    return (*line(ChannelName(channel)), *headline(f" watches {count}", weekly))


def _body(channel: str, watches: Sequence[Watch], plan: AlertPlan) -> Iterator[Block]:
    if watches:
        yield Bullets(tuple(_watch(watch, plan) for watch in watches), "Watched")
    if routed := tuple(_routes(channel, plan)):
        yield Bullets(routed, "From the configuration")
    if not watches and not routed:
        yield Paragraph((line("Nothing is told here. To change that: ", Typed("watch all")),))


def _watch(watch: Watch, plan: AlertPlan) -> RichText:
    lead = lead_in_words(watch.lead or plan.lead)
    on = f" on {day_in_words(watch.at.date())}" if watch.at else ""
    by = line(", by ", PersonName(watch.by), on) if watch.by else ()
    return (*about(watch), *line(f": {lead}"), *by, *line("  "), Typed(f"unwatch {typed(watch)}"))


def _routes(channel: str, plan: AlertPlan) -> Iterator[RichText]:
    for route in plan.routes:
        if route.channel == channel:
            yield line(f"hosts {_of(route)}: {lead_in_words(route.lead)}")
    if plan.channel == channel:
        what = "what no route takes" if plan.routes else "all hosts"
        yield line(f"{what}: {lead_in_words(plan.lead)}")


def _of(route: Route) -> str:
    if route.tags:
        return f"with the tag {' or '.join(route.tags)}"
    return f"in the pool {' or '.join(route.pools)}"
