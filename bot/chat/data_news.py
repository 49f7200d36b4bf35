"""What moved in renewed data, in words: for `changes` and `sync`, and for the message to a channel."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from bot.catalogue import message, number, say, say_about, say_counted
from bot.chat.data import Data
from bot.chat.reply import Ask, Block, Bullets, Mark, Paragraph, Reply, RichText, Strong, line, say_line, with_code
from bot.chat.wording import bounded, day_in_words
from bot.matrix.lifecycle import PartialDate
from bot.published.data_diff import DataChange, DataFact, side_in_words
from bot.published.renew import DataRenewal
from bot.published.renewals import DataNews
from bot.text import shown

SHOWN = 20
"""So many things that moved in a list."""

IN_HEADLINE = 2
TEXT_MAX = 120

_LABELS = {
    DataFact.RELEASED: message("release date"),
    DataFact.MAINTENANCE_ENDS: message("end of maintenance"),
    DataFact.EOL: message("end of life"),
    DataFact.LTS_SINCE: message("first day as LTS"),
    DataFact.SUPPORT: message("support"),
    DataFact.FIXED_FROM: message("fixed from"),
    DataFact.EXPLOITED: message("exploited"),
    DataFact.AFFECTED: message("affected"),
}
_ENTRIES = {
    "issues": message("known issue {name}"),
    "requirements": message("requirement {name}"),
    "upgrades": message("upgrade step from {name}"),
}
"""What an entry of a file is; one of another file says it by its name."""


class _Releases(NamedTuple):
    """What is said of the releases that something is about by now: of fewer, of more, of others."""

    fewer: str
    more: str
    others: str


_RELEASES = {
    DataFact.AFFECTS: _Releases(
        message("{subject} no longer touches {before}"),
        message("{subject} touches {after} now"),
        message("{subject} no longer touches {before} and touches {after} now"),
    ),
    DataFact.REQUIRED_OF: _Releases(
        message("{subject} no longer is of {before}"),
        message("{subject} is of {after} now"),
        message("{subject} no longer is of {before} and is of {after} now"),
    ),
}


def in_words(change: DataChange) -> str:
    """One thing that moved: "XCP-ng 8.3: end of life 30 Nov 2028 → 30 Nov 2029"."""
    subject = shown(change.subject, TEXT_MAX)
    if change.file in _ENTRIES:
        subject = say(_ENTRIES[change.file], name=subject)
    match change.fact:
        case DataFact.ENTRY if change.after is None:
            return say("{subject} is gone", subject=subject)
        case DataFact.ENTRY:
            return say("{subject} is new", subject=subject)
        case DataFact.DETAILS:
            return say("{subject} differs in details", subject=subject)
        case DataFact.AFFECTS | DataFact.REQUIRED_OF:
            words = _RELEASES[change.fact]
            text = words.fewer if not change.after else words.more if not change.before else words.others
            before, after = (shown(side or "", TEXT_MAX) for side in (change.before, change.after))
            return say(text, subject=subject, before=before, after=after)
        case DataFact.STEP:
            return f"{subject}: {_value(change.before)} → {_value(change.after)}"
        case DataFact.RELEASED | DataFact.MAINTENANCE_ENDS | DataFact.EOL | DataFact.LTS_SINCE:
            return f"{subject}: {say(_LABELS[change.fact])} {_day(change.before)} → {_day(change.after)}"
        case DataFact.SUPPORT | DataFact.FIXED_FROM | DataFact.EXPLOITED | DataFact.AFFECTED:
            return f"{subject}: {say(_LABELS[change.fact])} {_value(change.before)} → {_value(change.after)}"


def _value(text: str | None) -> str:
    return shown(side_in_words(text), TEXT_MAX) if text else say_about("a value", "not known")


def _day(text: str | None) -> str:
    return day_in_words(PartialDate.parse(text)) if text else say_about("a day", "not known")


def data_problem(found: DataRenewal) -> str:
    """Why nothing is used of what came, for the end of a line."""
    return shown(found.problem or "", 600)


def data_blocks(found: DataRenewal) -> Iterator[Block]:
    """What an attempt to renew the data came to, but for its problem, which the first line has. What is in use already
    is told as what it moved when it came."""
    if found.problem:
        data = Strong(say("The data in use"))
        if found.changes:
            yield Paragraph((say_line("{data} stays as it was. This would move:", data=data),))
        else:
            yield Paragraph((say_line("{data} stays as it was.", data=data),))
    else:
        yield Paragraph((_use(found),))
    yield from change_lists(_changes(found))


def _use(found: DataRenewal) -> RichText:
    data = Strong(say("Data of {day}", day=day_in_words(found.day or date.min)))
    if found.stored and found.changes:
        return say_line("{data} is in use from now on. What moved:", data=data)
    if found.stored:
        since = day_in_words(found.stored.accepted_at.date())
        if found.stored.changes:
            return say_line("{data} is in use since {since}. What it moved when it came:", data=data, since=since)
        return say_line("{data} is in use since {since}. Nothing moved with it.", data=data, since=since)
    if found.changes:
        return say_line("{data} would be used. What would move:", data=data)
    return say_line("{data} says what is in use.", data=data)


def change_lists(changes: Sequence[DataChange], total: int | None = None) -> Iterator[Block]:
    """What moved, better things apart. `total` is how many there are, where not all are given."""
    better = [line(in_words(change)) for change in changes if change.is_better]
    others = [line(in_words(change)) for change in changes if not change.is_better]
    missing = (total or len(changes)) - len(changes)
    if better:
        yield Bullets(bounded(better, SHOWN), say("What looks better than before"))
    if others or missing:
        yield Bullets(bounded(others, SHOWN, len(others) + missing), say("What else moved") if better else None)


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


def data_message(news: DataNews) -> Reply:
    """The message to a channel: what moved in the data, or why a bundle is not used."""
    blocks: tuple[Block, ...] = ()
    if news.problem:
        first = say_line(
            "{mark}: {problem} The data in use stays as it was.",
            mark=Mark("⚠️", say("The data is not renewed")),
            problem=with_code(shown(news.problem, 600)),
        )
    else:
        changes = [in_words(change) for change in news.changes[:IN_HEADLINE]]
        if (more := news.total - len(changes)) > 0:
            changes.append(say("{count} more", count=number(more)))
        renewed = Mark("📄", say("The data was renewed to {day}", day=day_in_words(news.day)))
        first = line(renewed, f": {'; '.join(changes)}.")
        if news.total > IN_HEADLINE or any(change.is_better for change in news.changes):
            blocks = tuple(change_lists(news.changes, news.total))
    context = shown(news.source)
    if news.total:
        context = f"{context} · {say_counted(news.total, '{count} change', '{count} changes')}"
    return Reply(
        kind="data_news",
        headline=first,
        blocks=blocks,
        buttons=(Ask(say("Show changes"), "changes"),),
        context=(line(context),),
        data=news.to_data(),
    )
