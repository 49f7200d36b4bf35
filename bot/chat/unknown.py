"""Replies to what is not known: unknown versions and products, and platforms that cannot work."""

from datetime import date

from bot.chat.data import suggestion_name
from bot.chat.reply import Ask, Bullets, Paragraph, Plain, Reply, RichText, Strong, line
from bot.matrix.release import Product, Release
from bot.query.query import Outcome, Query, QueryPart

WHOLE_LIST = Ask("Whole list", "list")
_ONLY = "Xen Orchestra manages XCP-ng and XenServer."


def reply(query: Query, day: date) -> Reply:
    """The reply to a question of which nothing is known: what is wrong, and the nearest names to press."""
    if not query.parts:
        return Reply(Outcome.UNKNOWN_PRODUCT, line(f"No release is named there. {_ONLY}"), buttons=(WHOLE_LIST,))
    if len(query.parts) == 1 and _wants_version(query.parts[0]):
        return _which_one(query.parts[0], day)
    first, *others = (sentence(part, day) for part in query.parts)
    asks = _asks(query.suggestions, day)
    blocks = tuple(Paragraph((other,)) for other in others)
    return Reply(query.outcome, first, blocks, (*asks, WHOLE_LIST))


def sentence(part: QueryPart, day: date) -> RichText:
    """What is wrong with one part, with the nearest names."""
    if part.outcome is Outcome.UNSUPPORTED_PLATFORM:
        return _unsupported(part)
    if part.outcome is Outcome.UNKNOWN_PRODUCT:
        return line(f'I know no platform "{part.text}". {_ONLY}{_nearest(part, day)}')
    if _wants_version(part):
        return line(f"Which {part.product}? Add its version.{_nearest(part, day)}")
    return line(f"There is no {part.text}.{_nearest(part, day)}")


def _wants_version(part: QueryPart) -> bool:
    """A product was named, but no number with it."""
    named = part.outcome is Outcome.UNKNOWN_VERSION and part.product is not None
    return named and not any(character.isdecimal() for character in part.text)


def _which_one(part: QueryPart, day: date) -> Reply:
    names = [suggestion_name(suggestion, day) for suggestion in part.suggestions]
    return Reply(
        Outcome.UNKNOWN_VERSION,
        line("Which ", Strong(str(part.product)), "? Add its version:"),
        (Bullets(tuple(line(name) for name in names)),),
        (*_asks(part.suggestions, day), WHOLE_LIST),
    )


def _asks(suggestions: tuple[Release | Product, ...], day: date) -> tuple[Ask, ...]:
    """Buttons for the two nearest releases; a product alone would only be asked back."""
    names = [suggestion_name(suggestion, day) for suggestion in suggestions if isinstance(suggestion, Release)]
    return tuple(Ask(name, name) for name in names[:2])


def _nearest(part: QueryPart, day: date) -> str:
    names = [suggestion_name(suggestion, day) for suggestion in part.suggestions]
    return f" Nearest: {', '.join(names)}." if names else ""


def _unsupported(part: QueryPart) -> RichText:
    """The list's own section "Others": no agent, so nothing works without XAPI."""
    why = " will not work: Xen Orchestra installs no agent and talks to hosts through XAPI, which "
    lacks = "a distribution's Xen does not have" if str(part.platform).startswith("Xen") else "it does not have"
    return (Strong(str(part.platform)), Plain(f"{why}{lacks}. XCP-ng and XenServer have it."))
