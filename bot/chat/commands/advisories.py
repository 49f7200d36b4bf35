"""`advisories [RELEASE]`: the holes that are known, the gravest first."""

from collections.abc import Iterable, Iterator, Sequence

from bot.advisories.advisory import Advisory, AffectedRelease
from bot.catalogue import say, say_about, say_counted
from bot.chat.advisory_ids import ids_in, undated
from bot.chat.command import Invocation, Ports
from bot.chat.commands import ADVISORY
from bot.chat.lookup import not_used, read, unknown_reply, unknown_sentence
from bot.chat.patch_wording import (
    EXPLOITED,
    KINDS,
    SEVERITIES,
    advisories_context,
    advisories_data,
    exploited,
    fix_in_words,
    release_name,
)
from bot.chat.reply import (
    Block,
    Column,
    ColumnKind,
    Paragraph,
    Reply,
    RichText,
    Share,
    Span,
    Strong,
    Table,
    columns,
    headline,
    line,
    say_line,
)
from bot.chat.wording import capitalized, day_cell, with_more
from bot.matrix.release import Release

_XO = frozenset(["xo", "xoa", "xen orchestra"])


def run(ports: Ports, asked: Invocation) -> Reply:
    """All advisories, those of a release or of Xen Orchestra; the gravest first."""
    known = ports.patch_levels().advisories
    if ids_in(asked.words):
        return ADVISORY.run(ports, asked._replace(command=ADVISORY))
    rest, unused = undated(asked.words)
    words = rest.casefold()
    what = say("Advisories")
    missing: list[Paragraph] = []
    releases: tuple[Release, ...] = ()
    if not words:
        found: Iterable[Advisory] = sorted(known.every, key=lambda each: each.gravity, reverse=True)
    elif words in _XO:
        found, what = known.of_orchestra(), "Xen Orchestra"
    else:
        _, day = read(ports, asked)
        query, _ = read(ports, asked._replace(words=rest))
        asked, unused = asked._replace(day=day), (*query.unused, *unused)
        if not query.releases:
            data = advisories_data(asked, known, query.outcome.value, (), unused)
            reply = unknown_reply(ports.matrix, query, day)
            context = (*not_used(unused), advisories_context(known))
            return reply._replace(data=data, exit_status=3, context=context, assessed=None, advisories_of=known.day)
        missing = [Paragraph((unknown_sentence(ports.matrix, p, day),)) for p in query.parts if not p.releases]
        found = dict.fromkeys(each for release in query.releases for each in known.of(release))
        found = sorted(found, key=lambda each: each.gravity, reverse=True)
        what, releases = ", ".join(release.name(day) for release in query.releases), query.releases
    advisories = tuple(found)
    others = [each for each in advisories if releases and not _affects(each, releases)]
    rows = tuple(_row(each, releases) for each in sorted(advisories, key=lambda each: each in others))
    blocks: list[Block] = []
    if rows or asked.caller.takes_all:
        names = columns(
            say("Advisory"),
            say("Severity"),
            say("What"),
            Column(say("Published"), ColumnKind.DAY),
            say("Fixed from"),
        )
        blocks.append(Table(names, rows, say("Security advisories, the gravest first")))
    if not rows:
        blocks.append(Paragraph((say_line("The data do not cover it: that is no sign that nothing is wrong."),)))
    return Reply(
        kind="advisories",
        headline=headline(Strong(what), *_counts(advisories, len(others), releases)),
        blocks=(*blocks, *missing),
        buttons=(Share(f"advisories {asked.words}".strip()),),
        context=(*not_used(unused), advisories_context(known)),
        data=advisories_data(asked, known, "assessed", advisories, unused),
        exit_status=3 if missing else 0,
        advisories_of=known.day,
    )


def _counts(advisories: Sequence[Advisory], others: int, releases: Sequence[Release]) -> Iterator[Span | str]:
    """How many there are; `others` of them do not affect the releases."""
    yield say_counted(len(advisories) - others, "{count} advisory known", "{count} advisories known")
    if used := sum(bool(each.exploited) for each in advisories):
        yield EXPLOITED._replace(text=say_counted(used, "{count} used by attackers", "{count} used by attackers"))
    if others and len(releases) == 1:
        yield say_counted(others, "{count} more does not affect it", "{count} more do not affect it")
    elif others:
        yield say_counted(others, "{count} more does not affect them", "{count} more do not affect them")


def _row(advisory: Advisory, releases: Sequence[Release]) -> tuple[RichText, ...]:
    """An advisory in a line, with what fixes it in those releases, or in all of them."""
    of_them = [each for release in releases if (each := advisory.of(release))] or advisory.affects
    affects = [each for each in of_them if each.affected is not False]
    named = len(affects) > 1 or not releases
    told = [f"{release_name(each)}: {fix}" if named else fix for each in affects if (fix := fix_in_words(each))]
    return (
        line(Strong(advisory.known_as)),
        line(say(SEVERITIES[advisory.severity])),
        (*line(capitalized(say(KINDS[advisory.kinds[0]]))), *exploited(advisory)),
        day_cell(advisory.published),
        line(with_more(told, 3) if told else _no_fix(affects)),
    )


def _affects(advisory: Advisory, releases: Sequence[Release]) -> bool:
    """Whether it is of any of the releases, as far as is known."""
    return any(each.affected is not False for release in releases if (each := advisory.of(release)))


def _no_fix(affects: Sequence[AffectedRelease]) -> str:
    if not affects:
        return say("not affected")
    if all(each.never_fixed for each in affects):
        return say("no fix, support ended before")
    return say_about("what has the fix", "not known")
