"""What the bot says in a channel that it was invited into."""

from datetime import date

from bot.chat.command import Caller, Invocation, Ports
from bot.chat.commands import WATCHES
from bot.chat.commands.watches import run as watched_here
from bot.chat.reply import Bullets, Paragraph, Reply, Typed, line


def welcome(ports: Ports, channel: str, day: date) -> Reply:
    """What is told in the channel unasked, and three things to type. UnavailableError without the database."""
    told = watched_here(ports, Invocation(WATCHES, "", day, caller=Caller(channel=channel)))
    is_told = any(isinstance(block, Bullets) for block in told.blocks)
    heading = (Paragraph((line("Here I tell, without being asked, when these need something:"),)),) if is_told else ()
    to_type = (
        line(Typed("XenServer 7.2"), "  is a host with it fine with Xen Orchestra, and for how long?"),
        line(Typed("watch XCP-ng 8.3"), "  tell this channel before that release ends"),
        line(Typed("help"), "  all that there is to ask"),
    )
    return Reply(
        kind="welcome",
        headline=line("I say whether XCP-ng and XenServer hosts are fine with Xen Orchestra, and until when"),
        blocks=(*heading, *told.blocks, Bullets(to_type, "To type")),
    )
