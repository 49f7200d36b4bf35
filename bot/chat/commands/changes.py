"""`changes`: how the published list differs from the one in use, and what renewed data moved; and the message to a
channel that the list changed."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from bot.catalogue import message, message_counted, number, say, say_counted
from bot.chat.command import Invocation, Ports
from bot.chat.data import Data
from bot.chat.reply import (
    Ask,
    Block,
    Bullets,
    Mark,
    Paragraph,
    Part,
    Plain,
    Reply,
    RichText,
    Share,
    Strong,
    headline,
    line,
    plain,
    say_line,
    with_code,
)
from bot.chat.wording import bounded, day_in_words, joined, span
from bot.errors import UsageError
from bot.published.page import Disagreement, PageProblem, RowChange, RowChangeKind
from bot.published.revisions import ListNews, PageDiff
from bot.published.sync import SyncState, SyncStatus
from bot.text import shown

if TYPE_CHECKING:
    from bot.published.renew import DataRenewal

SHOWN = 20
"""So many changes or problems in a list."""

IN_HEADLINE = 2
TEXT_MAX = 200
MESSAGE_MAX = 300

_NONE: Data = {"source": None, "revision": None, "changes": [], "problems": []}
_LONG = frozenset({RowChangeKind.BADGES, RowChangeKind.NOTES})
"""The first line of a message has no room for before and after."""


def run(ports: Ports, asked: Invocation) -> Reply:
    """What the page that was read last says, against the list in use."""
    from bot.chat.commands.questions import COURTESY  # `serve` needs this module from the start, and these not
    from bot.chat.filter import take_words

    undated, day = take_words(asked.words, asked.day)
    if any(word.strip("?!.,").casefold() not in COURTESY for word in undated.split()):
        raise UsageError(say("`changes` takes nothing: it tells how the published list differs from the one in use."))
    published = ports.published
    diff = published.diff(day or asked.day) if published else None
    renewal = published.data() if published and published.data else None
    if diff is None:
        never = say_line("The published list has not been read here yet: `xocompat serve` reads it once a day.")
        reply = Reply("changes", never, buttons=(Ask(say("List"), "list"),), data=_NONE)
        return _with_data(reply, renewal) if renewal else reply
    return changes_reply(diff, renewal=renewal)


def changes_reply(diff: PageDiff, rows: bool = False, renewal: "DataRenewal | None" = None) -> Reply:
    """A page in words, and as the JSON of CONTRACT.md section 2; with its `rows` for `sync`. With what became of the
    `renewal` of the data, where it is followed."""
    reply = _page_reply(diff, rows)
    return _with_data(reply, renewal) if renewal else reply


def _with_data(reply: Reply, renewal: "DataRenewal") -> Reply:
    """The first line says what is wrong, of both where both are; else what is new of the list."""
    from bot.chat.data_news import data_blocks, data_of_renewal, data_problem

    first = reply.headline
    if renewal.problem:
        wrong = line(Strong(say("The data is not renewed")), ": ", *with_code(data_problem(renewal)))
        first = (*first, Plain(" "), *wrong) if reply.exit_status else wrong
    return reply._replace(
        headline=first,
        blocks=(
            *((Paragraph((reply.headline,)),) if renewal.problem and not reply.exit_status else ()),
            *reply.blocks,
            *data_blocks(renewal),
        ),
        context=(*reply.context, line(shown(renewal.source, TEXT_MAX))),
        data={**(reply.data or {}), "data": data_of_renewal(renewal)},
        exit_status=1 if renewal.problem else reply.exit_status,
    )


def _page_reply(diff: PageDiff, rows: bool) -> Reply:
    return Reply(
        kind="changes",
        headline=_first_line(diff),
        blocks=tuple(_body(diff)),
        buttons=(Share("changes"), Ask(say("List"), "list")),
        context=(_read_on(shown(diff.source, TEXT_MAX), diff.read_at),),
        data={**_data(diff, diff.changes), "rows": _rows(diff)} if rows else _data(diff, _changes_since(diff)),
        exit_status=1 if diff.problems else 0,
    )


def _read_on(source: str, day: date | None) -> RichText:
    """Where a page is from, and when it was read."""
    return say_line("{source} · read on {day}", source=source, day=day_in_words(day)) if day else line(source)


def _first_line(diff: PageDiff) -> RichText:
    if diff.problems:
        first, *others = diff.problems
        what = with_code(_problem(first))
        if others:
            what = say_line("{problem} (and {more} more)", problem=what, more=number(len(others)))
        return line(Strong(say("The published list is not used")), ": ", *what)
    if not diff.changes:
        return headline(Strong(say("The published list is the one in use")), say("no changes"))
    subject = say("The published list is in use from now on") if diff.stored else say("The published list differs")
    return headline(Strong(subject), say_counted(len(diff.changes), "{count} change", "{count} changes"))


def _body(diff: PageDiff) -> Iterator[Block]:
    if diff.problems:
        if len(diff.problems) > 1:
            yield _problem_list(diff.problems, len(diff.problems))
        yield Paragraph((say_line("The list in use stays as it was."),))
    if diff.page is None or diff.page.problems:
        return  # what can't be read as a whole tells nothing for certain
    if diff.changes:
        yield _change_list(diff.changes, len(diff.changes), say("What it changes"))
    elif (came := _changes_since(diff)) and diff.stored and diff.stored.accepted_at:
        since = say("What it changed when it came on {day}", day=day_in_words(diff.stored.accepted_at.date()))
        yield _change_list(came, len(came), since)
    if diff.disagreements:
        yield Bullets(
            tuple(line(shown(disagreement(each), MESSAGE_MAX)) for each in diff.disagreements),
            say("Where it and the vendors' dates disagree"),
        )


def _changes_since(diff: PageDiff) -> tuple[RowChange, ...]:
    """The page against the list in use before it; of one that is in use already, what it changed when it came."""
    return diff.changes or (diff.stored.changes if diff.stored and diff.stored.accepted_at else ())


def _data(diff: PageDiff, changes: tuple[RowChange, ...]) -> Data:
    """The JSON of a page. A problem of the page as a whole has no line."""
    return {
        "source": diff.source,
        "revision": diff.digest,
        "changes": [change._asdict() for change in changes],
        "problems": [{"line": problem.line or None, "message": problem.message} for problem in diff.problems],
    }


def _rows(diff: PageDiff) -> list[Data]:
    """The rows as read from the page."""
    return [
        {
            "label": row.label,
            "product": row.product.value,
            "releases": list(row.releases),
            "badges": [badge.value for badge in row.badges],
            "notes": list(row.notes),
        }
        for row in (diff.page.rows if diff.page else ())
    ]


def list_message(news: ListNews) -> Reply:
    """The message to a channel: the list changed, or the page can't be used."""
    blocks: tuple[Block, ...] = ()
    if news.problems:
        what = (
            say("The published Host Compatibility List can't be used")
            if news.had
            else say("The published Host Compatibility List can't be read")
        )
        first = say_line("{what}. The list in use stays as it was.", what=Mark("⚠️", what))
        blocks = (_problem_list(news.problems, news.total),)
    else:
        moved = [_short(change) for change in news.changes[:IN_HEADLINE]]
        if (more := news.total - len(moved)) > 0:
            moved.append(say("{more} more", more=number(more)))
        first = line(Mark("📄", say("The Host Compatibility List changed")), f": {'; '.join(moved)}.")
        if news.total > IN_HEADLINE or any(change.kind in _LONG for change in news.changes):
            blocks = (_change_list(news.changes, news.total),)
    return Reply(
        kind="list_news",
        headline=first,
        blocks=blocks,
        buttons=(Ask(say("Show changes"), "changes"), Ask(say("List"), "list")),
        context=(_read_on(shown(news.source), news.day),),
        data=news.to_data(),
    )


def _change_list(changes: Sequence[RowChange], total: int, title: str | None = None) -> Bullets:
    """Before and after of each row."""
    return Bullets(bounded([_long(change) for change in changes[:SHOWN]], SHOWN, total), title)


def _problem_list(problems: Sequence[PageProblem], total: int) -> Bullets:
    """What is wrong with a page, each with its line where it is of one."""
    return Bullets(bounded([with_code(_problem(problem)) for problem in problems[:SHOWN]], SHOWN, total))


def _problem(problem: PageProblem) -> str:
    what = shown(problem.message, MESSAGE_MAX)
    return say("line {line}: {problem}", line=problem.line, problem=what) if problem.line else what


def _short(change: RowChange) -> str:
    """For the first line: "XenServer 9 added (full support)"."""
    label = shown(change.label)
    match change.kind:
        case RowChangeKind.ADDED:
            if about := _about(change, change.after):
                return say("{row} added ({signs})", row=label, signs=about)
            return say("{row} added", row=label)
        case RowChangeKind.REMOVED:
            return say("{row} removed", row=label)
        case RowChangeKind.RELABELLED:
            return say("{before} is called {after} now", before=_text(change.before), after=_text(change.after))
        case RowChangeKind.BADGES:
            return plain(_signs(change, label))
        case RowChangeKind.NOTES:
            return say("the notes of {row} changed", row=label)


def _long(change: RowChange) -> RichText:
    label, before, after = Strong(shown(change.label)), _text(change.before), _text(change.after)
    match change.kind:
        case RowChangeKind.ADDED:
            if about := _about(change, change.after):
                return say_line("{row} added: {signs}", row=label, signs=about)
            return say_line("{row} added", row=label)
        case RowChangeKind.REMOVED:
            if about := _about(change, change.before):
                return say_line("{row} removed; it was: {signs}", row=label, signs=about)
            return say_line("{row} removed", row=label)
        case RowChangeKind.RELABELLED:
            return say_line("{before} is called {after} now", before=Strong(before), after=Strong(after))
        case RowChangeKind.BADGES:
            what = _signs(change, label)
            return say_line("{what} (before: {before}; now: {after})", what=what, before=before, after=after)
        case RowChangeKind.NOTES:
            text = message("{row} has other notes (before: {before}; now: {after})")
            return say_line(text, row=label, before=before, after=after)


def _signs(change: RowChange, row: Part) -> RichText:
    """What of a row's signs came and went, or both where a word took another's place."""
    before, after = (
        [shown(word.strip()) for word in (text or "").split(",") if word.strip()]
        for text in (change.before, change.after)
    )
    gained = joined([f'"{word}"' for word in after if word not in before])
    lost = joined([f'"{word}"' for word in before if word not in after])
    if gained and lost:
        return say_line("{row} gained {gained}, lost {lost}", row=row, gained=gained, lost=lost)
    if gained:
        return say_line("{row} gained {gained}", row=row, gained=gained)
    if lost:
        return say_line("{row} lost {lost}", row=row, lost=lost)
    return say_line("{row} has its signs in another order", row=row)


def _about(change: RowChange, row: str | None) -> str:
    """What is said of a row that came or went, without its label again."""
    return shown((row or "").removeprefix(change.label).lstrip(": "), TEXT_MAX)


def _text(value: str | None) -> str:
    return shown(value, TEXT_MAX) if value else say("nothing")


def sync_trouble(status: SyncStatus, now: datetime) -> str | None:
    """Why the list in use may be old, in a line without the source's name; None if the list is followed well."""
    match status.state(now):
        case SyncState.UNREACHABLE:
            if days := status.days_failing(now):
                text = message("the published list can't be read for {span}: the list in use stays as it was")
                return say(text, span=span(days))
            return say("the published list can't be read: the list in use stays as it was")
        case SyncState.REFUSED:
            return say_counted(
                len(status.problems),
                "the published list is not used, its page has {count} problem: the list in use stays as it was",
                "the published list is not used, its page has {count} problems: the list in use stays as it was",
            )
        case SyncState.GOOD:
            return None


def disagreement(found: Disagreement) -> str:
    """How the page and the vendor's date differ."""
    days = (found.eol - found.on).days
    if days == 0:
        return say(_EOL_TODAY[found.is_shown], name=found.name)
    texts = _EOL_AHEAD if days > 0 else _EOL_AGO
    return say_counted(abs(days), *texts[found.is_shown], name=found.name)


_EOL_TODAY = {
    True: message("the page shows {name} as EOL, the vendor's date is today"),
    False: message("the page does not show {name} as EOL, the vendor's date is today"),
}
_EOL_AHEAD = {
    True: message_counted(
        "the page shows {name} as EOL, the vendor's date is in {count} day",
        "the page shows {name} as EOL, the vendor's date is in {count} days",
    ),
    False: message_counted(
        "the page does not show {name} as EOL, the vendor's date is in {count} day",
        "the page does not show {name} as EOL, the vendor's date is in {count} days",
    ),
}
_EOL_AGO = {
    True: message_counted(
        "the page shows {name} as EOL, the vendor's date passed {count} day ago",
        "the page shows {name} as EOL, the vendor's date passed {count} days ago",
    ),
    False: message_counted(
        "the page does not show {name} as EOL, the vendor's date passed {count} day ago",
        "the page does not show {name} as EOL, the vendor's date passed {count} days ago",
    ),
}
"""What a page claims, by whether it shows a row as EOL."""
