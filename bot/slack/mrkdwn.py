"""Lines of a Reply as Slack's mrkdwn. Text is data here: nothing in it can ping, link or format.

Every text object also says `verbatim`, so that Slack links no address and no name by itself.
"""

import re
from collections.abc import Callable

from bot.catalogue import message, say
from bot.chat.reply import (
    GAP,
    ChannelName,
    Code,
    Link,
    Mark,
    Moment,
    PersonName,
    Plain,
    RichText,
    Sortable,
    Span,
    Strong,
    Typed,
)
from bot.text import one_line

COMMAND = "/xocompat"
"""The slash command, as it is typed."""

TEXT_MAX = 2900
"""Characters of one text object: Slack takes 3000 of what is sent, escapes included."""

MOMENT = "{date_short_pretty} {time}"
"""How Slack shows a moment, in the reader's zone and as of the reading: "today 09:00"."""

_JOINER = "\u2060"
_BOUNDARY = "\u200b"
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "\u02cb"})
_FORMATS = re.compile(r"(?<![^\W_])[*_~]|[*_~](?![^\W_])")
ADDRESS = re.compile(r"https?://[!#-;=?-_a-{}~]{1,2000}", re.ASCII)
USER = re.compile(r"[UW][A-Z0-9]{1,30}", re.ASCII)
CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}", re.ASCII)
DIRECT = re.compile(r"D[A-Z0-9]{1,30}", re.ASCII)
DIRECT_NAME = message("a direct message")
"""What stands for somebody's conversation with the bot, which has no name."""
_GAP = " \u2002"
"""A space, which ends bold text, and one that no screen makes of several a single one."""

_SMALLEST = 8
_DRESSES = frozenset("*`")
_OPENS_AFTER = frozenset(["", *" ([{\"'/:,.;-–—·•"])
_CLOSES_BEFORE = frozenset(["", *" )]}\"'/:,.;-–—·•?!…"])


def plain_text(text: str, most: int) -> str:
    """Text for a button or a label, where Slack reads no mark-up: one line, cut with an ellipsis."""
    short = " ".join(one_line(text).split())
    return short if len(short) <= most else short[: most - 1].rstrip() + "…"


def escape(text: str, most: int = TEXT_MAX) -> str:
    """Text as data, at most `most` characters once escaped; an ellipsis shows that some is missing.

    What Slack reads becomes an entity. Signs that could start bold, italics or strike get a joiner on both sides: with
    it they stand inside a word, where Slack leaves them alone. A backtick is drawn by a letter that looks like it.
    """
    joined = rf"{_JOINER}\g<0>{_JOINER}"
    return _fitting(text, most, lambda part: _FORMATS.sub(joined, part).translate(_ENTITIES))


def mrkdwn(spans: RichText, most: int = TEXT_MAX) -> str:
    """A line, at most `most` characters. What does not fit is left out behind an ellipsis, never cut in a mark-up."""
    pieces = ""
    closing = False
    for span in spans:
        room = most - len(pieces) - 2
        piece = span_text(span, room)
        if not piece and span.text.strip() and room < _SMALLEST:
            pieces += "…"
            break
        dressed = isinstance(span, (Strong, Code, Typed))
        opening = dressed and piece[:1] in _DRESSES and pieces[-1:] not in _OPENS_AFTER
        if opening or (closing and piece[:1] not in _CLOSES_BEFORE):
            pieces += _BOUNDARY
        pieces += piece
        closing = dressed and piece[-1] in _DRESSES if piece else closing
    # A line that starts with a greater-than sign would be a quotation, escaped or not.
    return _JOINER + pieces if pieces.startswith("&gt;") else pieces


def span_text(span: Span, most: int = TEXT_MAX) -> str:
    """One span, at most `most` characters; empty if there is nothing to show or no room for it."""
    if most < _SMALLEST:
        return ""
    match span:
        case Plain() if span == GAP:
            return _GAP
        case Plain(text) | Sortable(text):
            return escape(text, most)
        case Mark(emoji, text):
            return escape(f"{emoji} {text}".strip(), most)
        case Typed(text):
            return _code(f"{COMMAND} {text}", most)
        case Code(text):
            return _code(text, most)
        case Strong(text):
            inner = escape(text.strip(), most - 4).strip()
            return _spaced(text, inner if "*" in inner else f"*{inner}*") if inner else ""
        case Link(text, url):
            label = escape(text.strip() or url, most).replace("|", "¦").strip()
            linked = f"<{url.replace('&', '&amp;')}|{label}>"
            return linked if label and len(linked) <= most and ADDRESS.fullmatch(url) else escape(text, most)
        case Moment(text, at):
            fallback = escape(text, most).replace("|", "¦")
            dated = f"<!date^{int(at.timestamp())}^{MOMENT}|{fallback}>"
            return dated if fallback and len(dated) <= most else fallback
        case PersonName(text):
            return _mention("@", text, most) if USER.fullmatch(text) else escape(text, most)
        case ChannelName(text) if DIRECT.fullmatch(text):
            return escape(say(DIRECT_NAME), most)
        case ChannelName(text):
            return _mention("#", text, most) if CHANNEL.fullmatch(text) else escape(text, most)


def without_ids(spans: RichText) -> RichText:
    """A line for a notification's text, in which Slack draws no names: nobody is helped by an id."""
    somebody, channel = Plain(say("somebody")), Plain(say("the channel"))
    return tuple(
        somebody
        if isinstance(span, PersonName) and USER.fullmatch(span.text)
        else channel
        if isinstance(span, ChannelName) and CHANNEL.fullmatch(span.text)
        else Plain(say(DIRECT_NAME))
        if isinstance(span, ChannelName) and DIRECT.fullmatch(span.text)
        else span
        for span in spans
    )


def _fitting(text: str, most: int, safe: Callable[[str], str]) -> str:
    short = one_line(text[: most + 1])
    whole = safe(short)
    if len(text) <= most and len(whole) <= most:
        return whole
    fits = ""
    for sign in map(safe, short):  # sign by sign, so that no entity is cut in two
        if len(fits) + len(sign) >= most:
            break
        fits += sign
    return fits + "…"


def _code(text: str, most: int) -> str:
    inner = _fitting(text.strip(), most - 4, lambda part: part.translate(_ENTITIES)).strip()
    return _spaced(text, f"`{inner}`") if inner else ""


def _spaced(text: str, dressed: str) -> str:
    """Spaces around a text stay outside of its dress, where Slack would not see it otherwise."""
    return f"{' ' * text[:1].isspace()}{dressed}{' ' * text[-1:].isspace()}"


def _mention(sign: str, name: str, most: int) -> str:
    """Slack shows the name of whom or what the id is."""
    mention = f"<{sign}{name}>"
    return mention if len(mention) <= most else "…"
