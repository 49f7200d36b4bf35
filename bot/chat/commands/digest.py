"""`digest [on|off]`: whether a channel gets its weekly digest."""

from bot.catalogue import message, say
from bot.chat.alert_context import alerting, here
from bot.chat.command import Invocation, Ports
from bot.chat.reply import ChannelName, Mark, Reply, said, say_line
from bot.errors import UsageError
from bot.text import plain, shown


def run(ports: Ports, asked: Invocation) -> Reply:
    """Turn it on or off, or say how it is."""
    known, word = alerting(ports), plain(asked.words).casefold()
    channel = here(known, asked)
    if word not in ("", "on", "off"):
        raise UsageError(
            say('"{word}" is neither on nor off: digest on, digest off, or digest to see.', word=shown(word))
        )
    if word:
        known.digests.turn(channel, word == "on", asked.caller.name, known.now())
    is_on = known.digests.is_on(channel)
    mark, text = _ON if is_on else _OFF
    first = say_line(text, mark=said(mark), channel=ChannelName(channel))
    return Reply("digest_switch", first, data={"channel": channel, "digest": is_on})


_ON = Mark("📄", message("weekly digest on")), message("{mark}: {channel} gets one every week")
_OFF = Mark("🔕", message("weekly digest off")), message("{mark}: {channel} gets none; alerts come as before")
