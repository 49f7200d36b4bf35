"""`timeline [xcp-ng|xenserver]`: releases with their dates, and what ends next."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from bot.catalogue import say, say_counted
from bot.chat.command import Invocation, Ports
from bot.chat.data import lifecycle_data
from bot.chat.lookup import context, read_product
from bot.chat.reply import (
    Attachment,
    Column,
    ColumnKind,
    Reply,
    RichText,
    Share,
    Strong,
    Table,
    columns,
    headline,
    line,
    say_line,
)
from bot.chat.timeline_axis import Timeline
from bot.chat.timeline_picture import TimelinePicture
from bot.chat.verdict import updates_mark
from bot.chat.wording import day_cell, day_in_words, distance, joined
from bot.matrix.assess import Assessment, assess
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product

PICTURE = "png"
"""The word that has the timeline sent as a picture, in place of an answer in words."""


def run(ports: Ports, asked: Invocation) -> Reply:
    """What ends next, then every release, newest first."""
    words = asked.words.split()
    as_picture = PICTURE in map(str.casefold, words)
    plain = " ".join(word for word in words if word.casefold() != PICTURE)
    products, day = read_product(ports, asked._replace(words=plain))
    matrix = ports.matrix
    picture = timeline_picture(matrix, products, day)
    assessed = picture.timeline.assessed
    rows = tuple(
        (
            line(Strong(each.name)),
            day_cell(each.release.lifecycle.released),
            day_cell(each.release.lifecycle.eol),
            line(updates_mark(each.stage, each.release.lifecycle.eol is not None)),
        )
        for each in assessed
    )
    if as_picture:
        file = Attachment(f"timeline-{day.isoformat()}.png", picture.png())
        return Reply("timeline_picture", say_line("The timeline as a picture"), attachment=file, assessed=assessed)
    caption = say_counted(
        len(rows),
        "{count} release, the newest of each product first",
        "{count} releases, the newest of each product first",
    )
    return Reply(
        kind="timeline",
        headline=_next(ends_next(assessed), day),
        blocks=(Table(_columns(), rows, caption),),
        buttons=(Share(f"timeline {plain}".strip()),),
        context=context(matrix, day),
        data={
            "as_of": day.isoformat(),
            "releases": [
                {
                    "product": each.release.product.value,
                    "release": each.release.number,
                    "name": each.name,
                    "lifecycle": lifecycle_data(each),
                }
                for each in assessed
            ],
        },
        assessed=assessed,
        picture=picture._replace(words=" ".join(filter(None, ("timeline", plain, PICTURE)))),
    )


def _columns() -> tuple[Column, ...]:
    return columns(
        say("Release"),
        Column(say("Released"), ColumnKind.DAY),
        Column(say("End of life"), ColumnKind.DAY),
        Column(say("Security updates"), ColumnKind.SIGN),
    )


def timeline_picture(matrix: Matrix, products: Iterable[Product], day: date) -> TimelinePicture:
    """The releases of some products on a day, the newest of each first, as a picture."""
    assessed = tuple(assess(matrix, release, day) for product in products for release in matrix.of(product))
    ending = ends_next(assessed)
    return TimelinePicture(Timeline(day, assessed, ending[0].day if ending else None))


class NextEnd(NamedTuple):
    """The day on which a release loses its security updates."""

    day: date
    name: str


def ends_next(assessed: Iterable[Assessment]) -> list[NextEnd]:
    """Of the releases that still get updates those whose end is known, the next one first."""
    running = (a for a in assessed if a.stage in (LifecycleStage.SUPPORTED, LifecycleStage.MAINTENANCE))
    return sorted(NextEnd(eol, a.name) for a in running if (eol := a.release.lifecycle.eol))


def _next(ending: list[NextEnd], day: date) -> RichText:
    subject = Strong(say("What ends next"))
    if not ending:
        return headline(subject, say("nothing that is known"))
    first = ending[0].day
    names = joined([each.name for each in ending if each.day == first])
    how_far = distance(first, day)
    return headline(
        subject, say("{names} on {day} ({distance})", names=names, day=day_in_words(first), distance=how_far)
    )
