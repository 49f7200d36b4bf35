"""What moved in renewed data, in words: for `changes` and `sync`, and for the message to a channel."""

from collections.abc import Iterator, Sequence
from datetime import date

from bot.chat.data import Data
from bot.chat.reply import Ask, Block, Bullets, Mark, Paragraph, Reply, Strong, line, with_code
from bot.chat.wording import bounded, counted, day_in_words
from bot.matrix.lifecycle import PartialDate
from bot.published.data_diff import DataChange, DataFact, side_in_words
from bot.published.renew import DataRenewal
from bot.published.renewals import DataNews
from bot.text import shown

SHOWN = 20
"""So many things that moved in a list."""

IN_HEADLINE = 2
TEXT_MAX = 120

_DATES = {
    DataFact.RELEASED: "release date",
    DataFact.MAINTENANCE_ENDS: "end of maintenance",
    DataFact.EOL: "end of life",
    DataFact.LTS_SINCE: "first day as LTS",
}
_PLAIN = {
    DataFact.SUPPORT: "support",
    DataFact.FIXED_FROM: "fixed from",
    DataFact.EXPLOITED: "exploited",
    DataFact.AFFECTED: "affected",
}
_ENTRIES = {"issues": "known issue ", "requirements": "requirement ", "upgrades": "upgrade step from "}
"""What an entry of a file is; one of another file says it by its name."""


def in_words(change: DataChange) -> str:
    """One thing that moved: "XCP-ng 8.3: end of life 30 Nov 2028 → 30 Nov 2029"."""
    subject = f"{_ENTRIES.get(change.file, '')}{shown(change.subject, TEXT_MAX)}"
    match change.fact:
        case DataFact.ENTRY:
            return f"{subject} is {'new' if change.after is not None else 'gone'}"
        case DataFact.DETAILS:
            return f"{subject} differs in details"
        case DataFact.AFFECTS | DataFact.REQUIRED_OF:
            verb = "touches" if change.fact is DataFact.AFFECTS else "is of"
            fewer = f"no longer {verb} {shown(change.before, TEXT_MAX)}" if change.before else ""
            more = f"{verb} {shown(change.after, TEXT_MAX)} now" if change.after else ""
            return f"{subject} {' and '.join(filter(None, (fewer, more)))}"
        case DataFact.STEP:
            return f"{subject}: {_value(change.before)} → {_value(change.after)}"
        case DataFact.RELEASED | DataFact.MAINTENANCE_ENDS | DataFact.EOL | DataFact.LTS_SINCE:
            return f"{subject}: {_DATES[change.fact]} {_day(change.before)} → {_day(change.after)}"
        case DataFact.SUPPORT | DataFact.FIXED_FROM | DataFact.EXPLOITED | DataFact.AFFECTED:
            return f"{subject}: {_PLAIN[change.fact]} {_value(change.before)} → {_value(change.after)}"


def _value(text: str | None) -> str:
    return shown(side_in_words(text), TEXT_MAX) if text else "not known"


def _day(text: str | None) -> str:
    return day_in_words(PartialDate.parse(text)) if text else "not known"


def data_problem(found: DataRenewal) -> str:
    """Why nothing is used of what came, for the end of a line."""
    return shown(found.problem or "", 600)


def data_blocks(found: DataRenewal) -> Iterator[Block]:
    """What an attempt to renew the data came to, but for its problem, which the first line has. What is in use already
    is told as what it moved when it came."""
    if found.problem:
        yield Paragraph(
            (line(Strong("The data in use"), f" stays as it was.{' This would move:' if found.changes else ''}"),)
        )
    elif found.stored and found.changes:
        yield Paragraph((line(Strong(f"Data of {_of(found)}"), " is in use from now on. What moved:"),))
    elif found.stored:
        moved = "What it moved when it came:" if found.stored.changes else "Nothing moved with it."
        since = day_in_words(found.stored.accepted_at.date())
        yield Paragraph((line(Strong(f"Data of {_of(found)}"), f" is in use since {since}. {moved}"),))
    elif found.changes:
        yield Paragraph((line(Strong(f"Data of {_of(found)}"), " would be used. What would move:"),))
    else:
        yield Paragraph((line(Strong(f"Data of {_of(found)}"), " says what is in use."),))
    yield from change_lists(_changes(found))


def change_lists(changes: Sequence[DataChange], total: int | None = None) -> Iterator[Block]:
    """What moved, better things apart. `total` is how many there are, where not all are given."""
    better = [line(in_words(change)) for change in changes if change.is_better]
    others = [line(in_words(change)) for change in changes if not change.is_better]
    missing = (total or len(changes)) - len(changes)
    if better:
        yield Bullets(bounded(better, SHOWN), "What looks better than before")
    if others or missing:
        yield Bullets(bounded(others, SHOWN, len(others) + missing), "What else moved" if better else None)


def data_of_renewal(found: DataRenewal) -> Data:
    """The same for JSON, beside the list's. A problem has no line, as those of the list as a whole."""
    return {
        "source": found.source,
        "day": found.day.isoformat() if found.day else None,
        "revision": found.digest,
        "changes": [
            {
                "file": f"{change.file}.yaml",
                "subject": change.subject,
                "fact": change.fact.value,
                "before": change.before,
                "after": change.after,
                "better": change.is_better,
            }
            for change in _changes(found)
        ],
        "problems": [{"line": None, "message": found.problem}] if found.problem else [],
    }


def _changes(found: DataRenewal) -> tuple[DataChange, ...]:
    return found.changes or (found.stored.changes if found.stored else ())


def _of(found: DataRenewal) -> str:
    return day_in_words(found.day or date.min)


def data_message(news: DataNews) -> Reply:
    """The message to a channel: what moved in the data, or why a bundle is not used."""
    blocks: tuple[Block, ...] = ()
    if news.problem:
        what = with_code(shown(news.problem, 600))
        said = line(Mark("⚠️", "The data is not renewed"), ": ", *what, " The data in use stays as it was.")
    else:
        first = [in_words(change) for change in news.changes[:IN_HEADLINE]]
        more = [f"{news.total - len(first)} more"] if news.total > len(first) else []
        said = line(Mark("📄", f"The data was renewed to {day_in_words(news.day)}"), f": {'; '.join([*first, *more])}.")
        if news.total > IN_HEADLINE or any(change.is_better for change in news.changes):
            blocks = tuple(change_lists(news.changes, news.total))
    return Reply(
        kind="data_news",
        headline=said,
        blocks=blocks,
        buttons=(Ask("Show changes", "changes"),),
        context=(
            line(f"{shown(news.source)} · {counted(news.total, 'change')}" if news.total else shown(news.source)),
        ),
        data=news.to_data(),
    )
