"""What look-ups share: the day and the releases that words mean, what is said of words that mean none, the sources."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bot.catalogue import message
from bot.chat.command import Invocation, Ports
from bot.chat.data import suggestion_name
from bot.chat.reply import Ask, Bullets, Mark, Paragraph, Plain, Reply, RichText, Strong, line
from bot.chat.wording import day_in_words, joined, nearest, with_more
from bot.errors import UsageError
from bot.matrix.assess import Assessment, assess
from bot.matrix.freshness import DataAge, DataKind
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.query.query import Outcome, Query, QueryPart

_HOSTS = frozenset(["host", "hosts", "server", "servers", "machine", "machines", "pool", "pools", "fleet", "targets"])
UNUSED_SHOWN = 6
"""Pieces of a question that are named in its reply; the JSON has all."""

WHOLE_LIST = Ask("Whole list", "list")
_ONLY = "Xen Orchestra manages XCP-ng and XenServer."


def read(ports: Ports, asked: Invocation) -> tuple[Query, date]:
    """The query and the day it is about: "on DATE" in the words wins over the day of the invocation."""
    query = ports.reader.read(asked.words, asked.day)
    if query.bad_date:
        raise UsageError(f'"{query.bad_date}" is not a day: write it as 2028-12-01.')
    return query, query.on or asked.day


def assessed(matrix: Matrix, query: Query, day: date) -> tuple[Assessment, ...]:
    """The verdicts on all that was asked for, each once, in the order asked for; of an update level or a prerelease
    where one was named."""
    found: dict[tuple[Product, str, str | None], Assessment] = {}
    for part in query.parts:
        for release in part.releases:
            key = release.product, release.number, part.prerelease
            found.setdefault(key, assess(matrix, release, day, part.prerelease, part.level))
    return tuple(found.values())


def read_product(ports: Ports, asked: Invocation) -> tuple[tuple[Product, ...], date]:
    """The products that a command is about (both if none is named) and the day. UsageError for other words."""
    query, day = read(ports, asked)
    products = {part.product for part in query.parts}
    name, takes = asked.command.name, asked.command.takes
    others = (part.text for part in query.parts if not wants_version(part))
    hosts = (word for word in re.findall(r"\w+", asked.words.casefold()) if word in _HOSTS)
    if strange := [*query.unused, *others, *hosts]:
        instead = "For hosts: `fleet`" if _HOSTS.intersection(strange) else f"Type {name} {takes}"
        raise UsageError(f'`{name}` takes a product or nothing, and "{strange[0]}" is none. {instead}.')
    return tuple(product for product in Product if product in products or not products), day


def context(matrix: Matrix, day: date, query: Query | None = None) -> tuple[RichText, ...]:
    """The quiet lines at the end: what of a query nothing used, the day asked about, and how old the facts are."""
    published = matrix.published
    read = f", read {day_in_words(published.last_read)}" if published.last_read else ""
    renewed = f" · data renewed to {day_in_words(matrix.renewed_to)}" if matrix.renewed_to else ""
    facts = line(
        f"As of {day_in_words(day)} · {published.source.title} of {day_in_words(published.read_on)}{read}"
        f" · vendor lifecycle of {day_in_words(matrix.lifecycle_read_on)}{renewed}"
    )
    return (*not_used(query.unused, query.misses_version), facts) if query else (facts,)


_KINDS = {DataKind.ADVISORIES: "security advisories", DataKind.LIFECYCLE: "the vendors' dates"}


def old_data(ages: Iterable[DataAge]) -> RichText | None:
    """That data is old, and since when, as a line; None where all is fresh."""
    if not (old := [age for age in ages if age.is_old]):
        return None
    named = joined([f"{_KINDS[age.kind]} of {day_in_words(age.read_on)} ({age.days} days)" for age in old])
    why = f": {named}. What came since is not in it; whoever runs xocompat can renew it."
    return line(Mark("⚠️", "Old data"), why)


def not_used(unused: Sequence[str], misses_version: bool = False) -> Iterator[RichText]:
    """Nothing is dropped in silence: it could have changed the answer (REPLIES.md rule 10)."""
    if unused:
        also = " (this looks like a version, and could not be read)" if misses_version else ""
        yield line(f"Not used: {with_more(unused, UNUSED_SHOWN)}{also}")


def unknown_reply(matrix: Matrix, query: Query, day: date) -> Reply:
    """The reply to a question of which nothing is known: what is wrong, and the nearest names to press.

    Buttons are for the two nearest releases: a product alone would only be asked back.
    """
    if not query.parts:
        return Reply(Outcome.UNKNOWN_PRODUCT, line(f"No release is named there. {_ONLY}"), buttons=(WHOLE_LIST,))
    first, *others = query.parts
    is_lone_product = not others and wants_version(first)
    suggestions = first.suggestions if is_lone_product else query.suggestions
    names = [suggestion_name(suggestion, day) for suggestion in suggestions if isinstance(suggestion, Release)]
    buttons = (*(Ask(name, name) for name in names[:2]), WHOLE_LIST)
    if is_lone_product:
        said = line("Which ", Strong(str(first.product)), "? Add its version:")
        return Reply(Outcome.UNKNOWN_VERSION, said, (Bullets(tuple(map(line, _names(first, day)))),), buttons)
    more = tuple(Paragraph((unknown_sentence(matrix, part, day),)) for part in others)
    return Reply(query.outcome, unknown_sentence(matrix, first, day), more, buttons)


def unknown_sentence(matrix: Matrix, part: QueryPart, day: date) -> RichText:
    """What is wrong with one part, with the nearest names."""
    close = nearest(_names(part, day), message("Nearest: {names}."))
    if part.outcome is Outcome.UNSUPPORTED_PLATFORM:  # the list's own section "Others": no agent, so no XAPI, no way in
        why = " will not work: Xen Orchestra installs no agent and talks to hosts through XAPI, which "
        lacks = "a distribution's Xen does not have" if str(part.platform).startswith("Xen") else "it does not have"
        return (Strong(str(part.platform)), Plain(f"{why}{lacks}. XCP-ng and XenServer have it."))
    if part.outcome is Outcome.UNKNOWN_PRODUCT:
        return line(f'I know no platform "{part.text}". {_ONLY}{close}')
    if wants_version(part):
        return line(f"Which {part.product}? Add its version.{close}")
    if planned := matrix.planned(part.product, part.text.lower().rpartition(" ")[2]):
        return line(f"There is no {part.text} yet: {planned.name} is {planned.note}.{close}")
    return line(f"There is no {part.text}.{close}")


def names_product_alone(query: Query) -> bool:
    """Whether products were named, and nothing else."""
    return bool(query.parts) and all(map(wants_version, query.parts))


def wants_version(part: QueryPart) -> bool:
    """A product was named, but no number with it."""
    named = part.outcome is Outcome.UNKNOWN_VERSION and part.product is not None
    return named and not any(character.isdecimal() for character in part.text)


def _names(part: QueryPart, day: date) -> list[str]:
    return [suggestion_name(suggestion, day) for suggestion in part.suggestions]
