"""`digest [on|off]`: whether a channel gets its weekly digest."""

from bot.chat.alert_context import alerting, here
from bot.chat.command import Invocation, Ports
from bot.chat.reply import ChannelName, Mark, Reply, line
from bot.errors import UsageError
from bot.text import plain, shown


def run(ports: Ports, asked: Invocation) -> Reply:
    """Turn it on or off, or say how it is."""
    known, word = alerting(ports), plain(asked.words).casefold()
    channel = here(known, asked)
    if word not in ("", "on", "off"):
        raise UsageError(f'"{shown(word)}" is neither on nor off: digest on, digest off, or digest to see.')
    if word:
        known.digests.turn(channel, word == "on", asked.caller.name, known.now())
    is_on = known.digests.is_on(channel)
    mark = Mark("📄", "weekly digest on") if is_on else Mark("🔕", "weekly digest off")
    comes = " gets one every week" if is_on else " gets none; alerts come as before"
    return Reply(
        "digest_switch", line(mark, ": ", ChannelName(channel), comes), data={"channel": channel, "digest": is_on}
    )
