"""Lines of a Reply as Mattermost's Markdown. Text is data here: nothing in it can ping, link, tag or format."""

import re

from bot.catalogue import say
from bot.chat.channels import ChannelKind
from bot.chat.reply import (
    ChannelName,
    Code,
    Link,
    Mark,
    PersonName,
    RichText,
    Span,
    Strong,
    Typed,
)
from bot.text import one_line

PREFIX = f"{ChannelKind.MATTERMOST}:"
"""What names of people and channels begin with wherever several platforms meet."""

_FORMATS = re.compile(r"[\\`*|\[\]#]|(?<![^\W_])_|_(?![^\W_])")
_BROKEN = re.compile(r"[@~$]|:(?=//)|(?<=www)\.|:(?=[\w+-]+:)", re.IGNORECASE)
_STARTS = re.compile(r"(\s*)([-+>]|[0-9]+[.)](?=\s))")
_ADDRESS = re.compile(r"https?://[!-'*-;=?-\[\]-~]{1,2000}", re.ASCII)
_USERNAME = re.compile(rf"{PREFIX}([a-z0-9._-]{{1,64}})", re.ASCII)
_ROOM = re.compile(rf"{PREFIX}[a-z0-9-]+/([a-z0-9._-]{{1,64}})", re.ASCII)
_SLACKS_PERSON = re.compile(r"[UW][A-Z0-9]{4,30}", re.ASCII)
_SLACKS_CHANNEL = re.compile(r"[CGD][A-Z0-9]{4,30}", re.ASCII)
_APART = "\u200b"


def escape(text: str) -> str:
    """Text as data, on one line: signs that format are escaped, those that ping, link or tag stand apart."""
    return _BROKEN.sub(rf"\g<0>{_APART}", _FORMATS.sub(r"\\\g<0>", one_line(text)))


def code(text: str) -> str:
    """Text in a code span, fenced by more backticks than it has together."""
    inner = one_line(text).strip()
    fence = "`" * (max(map(len, re.findall("`+", inner)), default=0) + 1)
    space = " " if len(fence) > 1 else ""
    return f"{fence}{space}{inner}{space}{fence}" if inner else ""


def markdown(spans: RichText, command: str) -> str:
    """A line. `command` is what is typed before words."""
    text = "".join(_span(span, command) for span in spans)
    # A line that starts like a list or a quotation would be one.
    found = _STARTS.match(text)
    return f"{found[1]}{found[2][:-1]}\\{text[found.end() - 1 :]}" if found else text


def cell(spans: RichText, command: str) -> str:
    """A line as a cell of a table; of nothing a dash."""
    text = "".join(_span(span, command) for span in spans).strip()
    return re.sub(r"(?<!\\)\|", r"\\|", text) or "–"


def _span(span: Span, command: str) -> str:
    match span:
        case Mark(emoji, text):
            return escape(f"{emoji} {text}".strip())
        case Typed(text):
            return code(f"{command} {text}")
        case Code(text):
            return code(text)
        case Strong(text):
            inner = escape(text.strip())
            return f"{' ' * text[:1].isspace()}**{inner}**{' ' * text[-1:].isspace()}" if inner else ""
        case Link(text, url) if _ADDRESS.fullmatch(url):
            return f"[{escape(text.strip() or url)}]({url})"
        case PersonName(text):
            return _person(text)
        case ChannelName(text):
            return _channel(text)
        case _:
            return escape(span.text)


def _person(who: str) -> str:
    if found := _USERNAME.fullmatch(who):
        return f"@{found[1]}"
    return say("somebody in Slack") if _SLACKS_PERSON.fullmatch(who) else escape(who)


def _channel(channel: str) -> str:
    if found := _ROOM.fullmatch(channel):
        return f"~{found[1]}"
    return say("a channel in Slack") if _SLACKS_CHANNEL.fullmatch(channel) else escape(channel)
