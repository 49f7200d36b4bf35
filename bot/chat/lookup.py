"""What look-ups share: the day and the releases that words mean, what is said of words that mean none, the sources."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bot.catalogue import message, message_counted, say, say_counted
from bot.chat.command import Invocation, Ports
from bot.chat.data import suggestion_name
from bot.chat.reply import Ask, Bullets, Mark, Paragraph, Reply, RichText, Strong, line, say_line
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


def whole_list() -> Ask:
    """The button that shows the published list."""
    return Ask(say("Whole list"), "list")


def read(ports: Ports, asked: Invocation) -> tuple[Query, date]:
    """The query and the day it is about: "on DATE" in the words wins over the day of the invocation."""
    query = ports.reader.read(asked.words, asked.day)
    if query.bad_date:
        raise UsageError(say('"{words}" is not a day: write it as 2028-12-01.', words=query.bad_date))
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
        wrong = say('`{command}` takes a product or nothing, and "{word}" is none.', command=name, word=strange[0])
        instead = say("Type {command} {takes}.", command=name, takes=takes)
        if _HOSTS.intersection(strange):
            instead = say("For hosts: `fleet`.")
        raise UsageError(f"{wrong} {instead}")
    return tuple(product for product in Product if product in products or not products), day


def context(matrix: Matrix, day: date, query: Query | None = None) -> tuple[RichText, ...]:
    """The quiet lines at the end: what of a query nothing used, the day asked about, and how old the facts are."""
    published = matrix.published
    title, list_day = published.source.title, day_in_words(published.read_on)
    facts = [say("As of {day}", day=day_in_words(day))]
    if published.last_read:
        read_on = day_in_words(published.last_read)
        facts.append(say("{list} of {day}, read {read_on}", list=title, day=list_day, read_on=read_on))
    else:
        facts.append(say("{list} of {day}", list=title, day=list_day))
    facts.append(say("vendor lifecycle of {day}", day=day_in_words(matrix.lifecycle_read_on)))
    if matrix.renewed_to:
        facts.append(say("data renewed to {day}", day=day_in_words(matrix.renewed_to)))
    dated = line(" · ".join(facts))
    return (*not_used(query.unused, query.misses_version), dated) if query else (dated,)


_AGES = {
    DataKind.ADVISORIES: message_counted(
        "security advisories of {day} ({count} day)", "security advisories of {day} ({count} days)"
    ),
    DataKind.LIFECYCLE: message_counted(
        "the vendors' dates of {day} ({count} day)", "the vendors' dates of {day} ({count} days)"
    ),
}


def old_data(ages: Iterable[DataAge]) -> RichText | None:
    """That data is old, and since when, as a line; None where all is fresh."""
    if not (old := [age for age in ages if age.is_old]):
        return None
    ages_in_words = [say_counted(age.days, *_AGES[age.kind], day=day_in_words(age.read_on)) for age in old]
    return say_line(
        "{old_data}: {ages}. What came since is not in it; whoever runs xocompat can renew it.",
        old_data=Mark("⚠️", say("Old data")),
        ages=joined(ages_in_words),
    )


def not_used(unused: Sequence[str], misses_version: bool = False) -> Iterator[RichText]:
    """Nothing is dropped in silence: it could have changed the answer (REPLIES.md rule 10)."""
    if not unused:
        return
    words = with_more(unused, UNUSED_SHOWN)
    if misses_version:
        yield say_line("Not used: {words} (this looks like a version, and could not be read)", words=words)
    else:
        yield say_line("Not used: {words}", words=words)


def unknown_reply(matrix: Matrix, query: Query, day: date) -> Reply:
    """The reply to a question of which nothing is known: what is wrong, and the nearest names to press.

    Buttons are for the two nearest releases: a product alone would only be asked back.
    """
    if not query.parts:
        unnamed = say_line("No release is named there. Xen Orchestra manages XCP-ng and XenServer.")
        return Reply(Outcome.UNKNOWN_PRODUCT, unnamed, buttons=(whole_list(),))
    first, *others = query.parts
    is_lone_product = not others and wants_version(first)
    suggestions = first.suggestions if is_lone_product else query.suggestions
    names = [suggestion_name(suggestion, day) for suggestion in suggestions if isinstance(suggestion, Release)]
    buttons = (*(Ask(name, name) for name in names[:2]), whole_list())
    if is_lone_product:
        asks = say_line("Which {product}? Add its version:", product=Strong(str(first.product)))
        return Reply(Outcome.UNKNOWN_VERSION, asks, (Bullets(tuple(map(line, _names(first, day)))),), buttons)
    more = tuple(Paragraph((unknown_sentence(matrix, part, day),)) for part in others)
    return Reply(query.outcome, unknown_sentence(matrix, first, day), more, buttons)


def unknown_sentence(matrix: Matrix, part: QueryPart, day: date) -> RichText:
    """What is wrong with one part, with the nearest names."""
    if part.outcome is Outcome.UNSUPPORTED_PLATFORM:  # the list's own section "Others": no agent, so no XAPI, no way in
        platform = str(part.platform)
        why = _IS_A_DISTRIBUTION if platform.startswith("Xen") else _LACKS_XAPI
        return say_line(why, platform=Strong(platform))
    if part.outcome is Outcome.UNKNOWN_PRODUCT:
        wrong = say('I know no platform "{name}". Xen Orchestra manages XCP-ng and XenServer.', name=part.text)
    elif wants_version(part):
        wrong = say("Which {product}? Add its version.", product=str(part.product))
    elif planned := matrix.planned(part.product, part.text.lower().rpartition(" ")[2]):
        wrong = say(
            "There is no {name} yet: {planned} is {note}.", name=part.text, planned=planned.name, note=planned.note
        )
    else:
        wrong = say("There is no {name}.", name=part.text)
    return line(f"{wrong}{nearest(_names(part, day), message('Nearest: {names}.'))}")


_LACKS_XAPI = message(
    "{platform} will not work: Xen Orchestra installs no agent and talks to hosts through XAPI, which it does not have."
    " XCP-ng and XenServer have it."
)
_IS_A_DISTRIBUTION = message(
    "{platform} will not work: Xen Orchestra installs no agent and talks to hosts through XAPI, which a distribution's "
    "Xen does not have. XCP-ng and XenServer have it."
)


def names_product_alone(query: Query) -> bool:
    """Whether products were named, and nothing else."""
    return bool(query.parts) and all(map(wants_version, query.parts))


def wants_version(part: QueryPart) -> bool:
    """A product was named, but no number with it."""
    named = part.outcome is Outcome.UNKNOWN_VERSION and part.product is not None
    return named and not any(character.isdecimal() for character in part.text)


def _names(part: QueryPart, day: date) -> list[str]:
    return [suggestion_name(suggestion, day) for suggestion in part.suggestions]
