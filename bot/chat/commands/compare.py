"""`compare RELEASE, RELEASE`: what two releases differ in, side by side, and the way from one to the other."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import product as combined
from typing import NamedTuple

from bot.catalogue import message, number, say, say_about, say_counted
from bot.chat.command import Invocation, Ports
from bot.chat.commands.dead_end import dead_end
from bot.chat.data import Data, assessment_data, query_data, source_data
from bot.chat.lookup import context, read
from bot.chat.reply import (
    GAP,
    Ask,
    Block,
    Bullets,
    Button,
    Code,
    Mark,
    Paragraph,
    Reply,
    RichText,
    Share,
    Strong,
    Table,
    columns,
    line,
    say_line,
    with_code,
)
from bot.chat.verdict import badge_mark, stage_mark, support_marks
from bot.chat.wording import day_in_words, joined
from bot.errors import UsageError
from bot.matrix.assess import Assessment, assess
from bot.matrix.feature import Availability, Feature
from bot.matrix.lifecycle import LifecycleStage, PartialDate
from bot.matrix.matrix import Matrix
from bot.matrix.release import Release
from bot.matrix.support import Badge, PublishedList
from bot.matrix.upgrade import Path, shortest
from bot.query.query import Outcome, Query, QueryPart

_BETWEEN = re.compile(r"\s*(?:[,;&]|(?<!\w)(?:and|or|vs\.?|versus|with|to|against)(?!\w))\s*", re.IGNORECASE)
_BEFORE = re.compile(r"(?:between|from|of|the)\s+", re.IGNORECASE)

_YES, _NO, _UNKNOWN = "yes", "no", "unknown"


class Difference(NamedTuple):
    """Something in which two releases differ: `kind` is support, lifecycle, feature or issue, `what` a script's key."""

    kind: str
    what: str
    name: str
    values: tuple[object, object]
    cells: tuple[RichText, RichText] = ((), ())


class ReleasePair(NamedTuple):
    """The two that are compared. `others` are pairs that the words may mean as well: numbers of both products."""

    first: Release
    second: Release
    others: tuple[tuple[Release, Release], ...] = ()


def run(ports: Ports, asked: Invocation) -> Reply:
    """The two releases side by side; a number that both products have is taken of the other release's product."""
    matrix = ports.matrix
    words = ", ".join(filter(None, _BETWEEN.split(_BEFORE.sub("", asked.words.strip(), count=1))))
    query, day = read(ports, asked._replace(words=words))
    if not words:
        raise UsageError(say("Say which two releases, for example: compare XCP-ng 8.2, XCP-ng 8.3."))
    missing = [part for part in query.parts if not part.releases]
    if missing or not query.parts:
        reply = dead_end(ports, query._replace(parts=tuple(missing)), day)
        data = {**query_data(asked.words, day, query, ()), "differences": [], "path": None}
        return reply._replace(data=data, exit_status=3, context=context(matrix, day, query), assessed=())
    pair = _pair(query)
    early = {release: part.prerelease for part in query.parts for release in part.releases}
    first, second = (assess(matrix, release, day, early[release]) for release in pair[:2])
    differences = tuple(_differences(matrix, first, second))
    start, goal, path = _way(matrix, pair, day)
    outcome = Outcome.AMBIGUOUS if pair.others else Outcome.ASSESSED
    buttons: list[Button] = [_ask(*other) for other in pair.others[:1]]
    if path:
        buttons.append(Ask(say("Upgrade path"), f"upgrade {start.base_name}"))
    return Reply(
        kind="compare",
        headline=_first_line(matrix.published, first, second, differences),
        blocks=tuple(_body(query, pair, (first, second), differences, (start, goal, path))),
        buttons=(*buttons, Share(f"compare {asked.words}")),
        context=context(matrix, day, query),
        data={
            **query_data(asked.words, day, query, (first, second)),
            "outcome": outcome.value,
            "differences": [
                {"kind": each.kind, "what": each.what, "name": each.name, "values": list(each.values)}
                for each in differences
            ],
            "path": _path_data(start, goal, path, day),
            "suggestions": [f"{a.base_name}, {b.base_name}" for a, b in pair.others],
        },
        exit_status=3 if pair.others or query.misses_version else 0,
        assessed=(first, second),
    )


def _ask(first: Release, second: Release) -> Ask:
    label = say("{first} and {second}", first=first.base_name, second=second.number)
    return Ask(label, f"compare {first.base_name}, {second.base_name}")


def _pair(query: Query) -> ReleasePair:
    """The releases that are meant. UsageError where they are not two."""
    releases = query.releases
    if len(query.parts) == 2 and all(_is_one(part) for part in query.parts):
        one, two = query.parts
        found = [pair for pair in combined(one.releases, two.releases) if pair[0] != pair[1]]
        meant = [pair for pair in found if pair[0].product is pair[1].product] or found
        if not meant:
            release = releases[0].base_name
            raise UsageError(say("That is {release} twice: say another release to compare it with.", release=release))
        (first, second), *others = meant
        return ReleasePair(first, second, tuple((a, b) for a, b in others))
    if len(releases) == 2:
        return ReleasePair(releases[0], releases[1])
    if len(releases) == 1:
        release = releases[0].base_name
        raise UsageError(
            say("Say what to compare {release} with, for example: compare {release}, XenServer 8.", release=release)
        )
    count = len(query.parts) if len(query.parts) > 2 else len(releases)
    raise UsageError(say("`compare` takes two releases, and these are {count}.", count=number(count)))


def _is_one(part: QueryPart) -> bool:
    """Whether a part means one release, as far as its product is known."""
    return len({release.product for release in part.releases}) == len(part.releases)


def _differences(matrix: Matrix, first: Assessment, second: Assessment) -> Iterator[Difference]:
    """All of them, in the order of a verdict. The stage comes before the dates that it follows from."""
    both = (first, second)
    one, two = (assessment_data(each) for each in both)
    marks = [support_marks(matrix.published, each) for each in both]
    support = tuple(line(*[piece for mark in found for piece in (GAP, mark)][1:]) for found in marks)
    for what, name in (
        ("level", "Xen Orchestra"),
        ("official", say("Official support")),
        ("extra_features", say("Extra features")),
    ):
        values = one["support"][what], two["support"][what]
        if values[0] != values[1]:
            cells = support if what == "level" else tuple(_yes_or_no(value) for value in values)
            yield Difference("support", what, name, values, (cells[0], cells[1]))
    stages = tuple(line(stage_mark(matrix.published, each)) for each in both)
    lives = [each.release.lifecycle for each in both]
    cells_of = {
        "stage": (say("Security updates"), stages),
        "released_on": (say("Released"), tuple(_day(life.released) for life in lives)),
        "maintenance_ends_on": (say("Maintenance ends"), tuple(_day(life.maintenance_ends) for life in lives)),
        "eol_on": (say("End of life"), tuple(_day(life.eol) for life in lives)),
        "lts": (say("Long-term support"), tuple(_yes_or_no(life.is_lts(first.on)) for life in lives)),
    }
    for what, (name, cells) in cells_of.items():
        values = one["lifecycle"][what], two["lifecycle"][what]
        if values[0] != values[1]:
            yield Difference("lifecycle", what, name, values, (cells[0], cells[1]))
    for feature in matrix.features:
        answers = _has(feature, first.release), _has(feature, second.release)
        if answers[0] != answers[1]:
            told = tuple(line(_in_words(feature, each.release)) for each in both)
            yield Difference("feature", feature.id, feature.name, answers, (told[0], told[1]))
    for issue in dict.fromkeys((*first.known_issues, *second.known_issues)):
        holds = issue in first.known_issues, issue in second.known_issues
        if holds[0] != holds[1]:
            told_of = first.release if holds[0] else second.release
            yield Difference("issue", issue.id, issue.summary_for(told_of).replace("`", ""), holds)


def _yes_or_no(value: object) -> RichText:
    return line(say("yes") if value else say("no"))


def _day(day: date | PartialDate | None) -> RichText:
    return line(day_in_words(day) if day else say("no date known"))


def _has(feature: Feature, release: Release) -> str:
    support = feature.of(release.product)
    match support.availability:
        case Availability.FROM if support.release:
            return _YES if release.compares_as >= support.release.compares_as else _NO
        case Availability.ALL:
            return _YES
        case Availability.UNKNOWN:
            return _UNKNOWN
    return _NO


def _in_words(feature: Feature, release: Release) -> str:
    """Never more certain than the data: what no source says outright is likely."""
    support, answer = feature.of(release.product), _has(feature, release)
    if answer == _UNKNOWN:
        return say_about("whether a release has a feature", "not known")
    if answer == _YES:
        return say("likely yes") if support.inferred else say("yes")
    if support.release is None:
        return say("likely no") if support.inferred else say("no")
    text = message("likely no, from {release} on") if support.inferred else message("no, from {release} on")
    return say(text, release=support.release.number)


def _way(matrix: Matrix, pair: ReleasePair, day: date) -> tuple[Release, Release, Path | None]:
    """The way from the first release to the second, or back where only that is known."""
    there = shortest(matrix.hops, pair.first, pair.second, day)
    back = None if there else shortest(matrix.hops, pair.second, pair.first, day)
    return (pair.second, pair.first, back) if back else (pair.first, pair.second, there)


def _first_line(
    published: PublishedList, first: Assessment, second: Assessment, differences: tuple[Difference, ...]
) -> RichText:
    names = say_line("{first} and {second}", first=Strong(first.name), second=Strong(second.name))
    ended = [each for each in (first, second) if each.stage is LifecycleStage.EOL]
    skull = badge_mark(published, Badge.NO_SECURITY_UPDATES)
    match ended:
        case []:
            return line(*names, GAP, say_counted(len(differences), "{count} difference", "{count} differences"))
        case [one]:
            fate = say("{mark} for {release}", mark=skull.text, release=one.name)
        case _:
            fate = say("{mark} for either", mark=skull.text)
    return line(*names, GAP, Mark(skull.emoji, fate))


def _body(
    query: Query,
    pair: ReleasePair,
    both: tuple[Assessment, Assessment],
    differences: tuple[Difference, ...],
    way: tuple[Release, Release, Path | None],
) -> Iterator[Block]:
    if notes := tuple(_taken(query, pair)):
        yield Paragraph(notes)
    names = tuple(each.name for each in both)
    rows = tuple((line(Strong(each.name)), *each.cells) for each in differences if each.kind != "issue")
    if rows:
        caption = say("What differs between {releases}", releases=joined(names))
        yield Table(columns(say("What"), *names), rows, caption)
    for at, each in enumerate(both):
        only = [line(d.name) for d in differences if d.kind == "issue" and d.values[at]]
        if only:
            yield Bullets(tuple(only), say("Known issues of {release} alone", release=each.name))
    start, goal, path = way
    day = both[0].on
    if path:
        steps = tuple((*line(Strong(hop.arrival(day)), f", {hop.how}. "), *with_code(hop.why)) for hop in path)
        title = say_counted(
            len(path),
            "From {start} to {goal}: {count} step",
            "From {start} to {goal}: {count} steps",
            start=start.name(day),
            goal=goal.name(day),
        )
        yield Bullets(steps, title, numbered=True)
    else:
        text = message("Our sources show no upgrade path between {releases}: it takes a fresh install.")
        yield Paragraph((say_line(text, releases=joined(names)),))


def _taken(query: Query, pair: ReleasePair) -> Iterator[RichText]:
    """As which release a number was taken that both products have."""
    if len(query.parts) != 2:
        return
    for part, release in zip(query.parts, pair[:2], strict=True):
        others = [other for other in part.releases if other is not release]
        if not others:
            continue
        if pair.others:
            text = message("{words} is taken as {release}; it can be {other}, too.")
        else:
            text = message("{words} is taken as {release}, not {other}: the other one is {product}, too.")
        yield say_line(
            text,
            words=Code(part.text),
            release=release.base_name,
            other=others[0].base_name,
            product=release.product,
        )


def _path_data(start: Release, goal: Release, path: Path | None, day: date) -> Data:
    return {
        "from": start.name(day),
        "to": goal.name(day),
        "documented": path is not None,
        "steps": [
            {"arrives_at": hop.arrives_at, "how": hop.how, "sources": [source_data(source) for source in hop.sources]}
            for hop in path or ()
        ],
    }
