"""What the bot says in a channel that it was invited into."""

from datetime import date

from bot.catalogue import say
from bot.chat.command import Caller, Invocation, Ports
from bot.chat.commands import WATCHES
from bot.chat.commands.watches import run as watched_here
from bot.chat.reply import Bullets, Paragraph, Reply, Typed, line, say_line


def welcome(ports: Ports, channel: str, day: date) -> Reply:
    """What is told in the channel unasked, and three things to type. UnavailableError without the database."""
    told = watched_here(ports, Invocation(WATCHES, "", day, caller=Caller(channel=channel)))
    is_told = any(isinstance(block, Bullets) for block in told.blocks)
    heading = (
        (Paragraph((say_line("Here I tell, without being asked, when these need something:"),)),) if is_told else ()
    )
    to_type = (
        line(Typed("XenServer 7.2"), "  ", say("is a host with it fine with Xen Orchestra, and for how long?")),
        line(Typed("watch XCP-ng 8.3"), "  ", say("tell this channel before that release ends")),
        line(Typed("help"), "  ", say("all that there is to ask")),
    )
    return Reply(
        kind="welcome",
        headline=say_line("I say whether XCP-ng and XenServer hosts are fine with Xen Orchestra, and until when"),
        blocks=(*heading, *told.blocks, Bullets(to_type, say("To type"))),
    )
