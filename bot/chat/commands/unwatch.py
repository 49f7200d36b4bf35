"""`unwatch RELEASE | pool NAME | all`: what a channel does not want to be told about any more."""

from collections.abc import Sequence

from bot.alerts.ports import Watch
from bot.chat.alert_context import alerting, here
from bot.chat.command import Invocation, Ports
from bot.chat.reply import ChannelName, Mark, Paragraph, Reply, RichText, line
from bot.chat.watch import about, read, typed, watch_data
from bot.errors import UsageError


def run(ports: Ports, asked: Invocation) -> Reply:
    """Forget watches of the channel; what only they led there ends once the fleet is judged anew."""
    known = alerting(ports)
    channel = here(known, asked)
    wanted = read(ports, asked, channel)
    if isinstance(wanted, Reply):
        return wanted
    if wanted.lead is not None:
        raise UsageError(f"`unwatch` takes no lead: unwatch {typed(wanted.things[0])}.")
    removed = [watch for watch in wanted.things if known.watches.remove(channel, watch.kind, watch.what)]
    left = [watch for watch in known.watches.all() if watch.channel == channel]
    return Reply(
        kind="unwatch",
        headline=_first(wanted.things, removed, channel),
        blocks=(Paragraph((_left(left),)),),
        data={"channel": channel, "removed": len(removed), "watches": [watch_data(watch) for watch in left]},
    )


def _first(wanted: Sequence[Watch], removed: Sequence[Watch], channel: str) -> RichText:
    those = removed or wanted
    what = about(those[0]) if len(those) == 1 else line(f"{len(those)} releases")
    if not removed:
        return line(ChannelName(channel), " does not watch ", *what)
    return line(Mark("✅", "not watched any more"), ": ", *what)


def _left(left: Sequence[Watch]) -> RichText:
    if not left:
        return line("Nothing is watched here now; what the configuration sends here still comes.")
    return line(f"Still watched here: {', '.join(map(typed, left))}.")
