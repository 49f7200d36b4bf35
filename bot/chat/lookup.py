"""What look-ups share: the day and the releases that words mean, what is said of words that mean none, the sources."""

import re
from datetime import date

from bot.chat.command import Invocation, Ports
from bot.chat.data import suggestion_name
from bot.chat.reply import Ask, Bullets, Paragraph, Plain, Reply, RichText, Strong, line
from bot.chat.wording import cut_day, day_in_words, nearest
from bot.errors import UsageError
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.query.canonical import PRODUCT_NAMES
from bot.query.query import Outcome, Query, QueryPart
from bot.query.text import plain, shown

_HOSTS = frozenset(["host", "hosts", "server", "servers", "machine", "machines", "pool", "pools", "fleet", "targets"])
_TALK_WORDS = """
    a about all and are as at both by compatibility complete dates entire every everything for from full give how i in
    is it just list lists lts me my next now of on only or our please pls plz product products release releases row
    rows see show supported tell thanks that the their them these this timeline today until version versions what when
    which whole with you
"""
_TALK = frozenset(_TALK_WORDS.split())
"""What people say around a product: "list of all XCP-ng releases, please"."""

_NAMES = sorted((re.escape(name) for names in PRODUCT_NAMES.values() for name in names), key=len, reverse=True)
_PRODUCTS = rf"(?<![\w-])(?:{'|'.join(_NAMES)})(?![\w-])"

WHOLE_LIST = Ask("Whole list", "list")
_ONLY = "Xen Orchestra manages XCP-ng and XenServer."


def read(ports: Ports, asked: Invocation) -> tuple[Query, date]:
    """The query and the day it is about: "on DATE" in the words wins over the day of the invocation."""
    query = ports.reader.read(asked.words)
    if query.bad_date:
        raise UsageError(f'"{query.bad_date}" is not a day: write it as 2028-12-01.')
    return query, query.on or asked.day


def read_product(ports: Ports, asked: Invocation) -> tuple[tuple[Product, ...], date]:
    """The products that a command is about (both if none is named) and the day. UsageError for other words."""
    query, day = read(ports, asked)
    products = {part.product for part in query.parts}
    name, takes = asked.command.name, asked.command.takes
    if strange := words_of_none(asked.words):
        instead = "For hosts: `fleet`" if _HOSTS.intersection(strange) else f"Type {name} {takes}"
        raise UsageError(f'`{name}` takes a product or nothing, and "{strange[0]}" is none. {instead}.')
    if any(part.releases or part.level for part in query.parts) or None in products:
        raise UsageError(f"`{name}` takes a product or nothing: {name} {takes}.")
    return tuple(product for product in Product if product in products or not products), day


def words_of_none(words: str) -> list[str]:
    """What of the words of a command that takes a product at most is neither one, nor a day, nor courtesy."""
    undated, _ = cut_day(plain(words))
    rest = re.sub(_PRODUCTS, " ", undated.casefold())
    typed = (word.strip(".?!:\"'") for word in re.split(r"[\s,;/&|()]+", rest))
    return [shown(word) for word in typed if word and word not in _TALK]


def context(matrix: Matrix, day: date) -> tuple[RichText, ...]:
    """The quiet line at the end: the day asked about, and how old the facts are."""
    published = matrix.published
    return (
        line(
            f"As of {day_in_words(day)} · {published.source.title} of {day_in_words(published.read_on)}"
            f" · vendor lifecycle of {day_in_words(matrix.lifecycle_read_on)}"
        ),
    )


def unknown_reply(query: Query, day: date) -> Reply:
    """The reply to a question of which nothing is known: what is wrong, and the nearest names to press.

    Buttons are for the two nearest releases: a product alone would only be asked back.
    """
    if not query.parts:
        return Reply(Outcome.UNKNOWN_PRODUCT, line(f"No release is named there. {_ONLY}"), buttons=(WHOLE_LIST,))
    first, *others = query.parts
    is_lone_product = not others and _wants_version(first)
    suggestions = first.suggestions if is_lone_product else query.suggestions
    names = [suggestion_name(suggestion, day) for suggestion in suggestions if isinstance(suggestion, Release)]
    buttons = (*(Ask(name, name) for name in names[:2]), WHOLE_LIST)
    if is_lone_product:
        said = line("Which ", Strong(str(first.product)), "? Add its version:")
        return Reply(Outcome.UNKNOWN_VERSION, said, (Bullets(tuple(map(line, _names(first, day)))),), buttons)
    more = tuple(Paragraph((unknown_sentence(part, day),)) for part in others)
    return Reply(query.outcome, unknown_sentence(first, day), more, buttons)


def unknown_sentence(part: QueryPart, day: date) -> RichText:
    """What is wrong with one part, with the nearest names."""
    close = nearest(_names(part, day), "Nearest")
    if part.outcome is Outcome.UNSUPPORTED_PLATFORM:  # the list's own section "Others": no agent, so no XAPI, no way in
        why = " will not work: Xen Orchestra installs no agent and talks to hosts through XAPI, which "
        lacks = "a distribution's Xen does not have" if str(part.platform).startswith("Xen") else "it does not have"
        return (Strong(str(part.platform)), Plain(f"{why}{lacks}. XCP-ng and XenServer have it."))
    if part.outcome is Outcome.UNKNOWN_PRODUCT:
        return line(f'I know no platform "{part.text}". {_ONLY}{close}')
    if _wants_version(part):
        return line(f"Which {part.product}? Add its version.{close}")
    return line(f"There is no {part.text}.{close}")


def names_product_alone(query: Query) -> bool:
    """Whether products were named, and nothing else."""
    return bool(query.parts) and all(map(_wants_version, query.parts))


def _wants_version(part: QueryPart) -> bool:
    """A product was named, but no number with it."""
    named = part.outcome is Outcome.UNKNOWN_VERSION and part.product is not None
    return named and not any(character.isdecimal() for character in part.text)


def _names(part: QueryPart, day: date) -> list[str]:
    return [suggestion_name(suggestion, day) for suggestion in part.suggestions]
