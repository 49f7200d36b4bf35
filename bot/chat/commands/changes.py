"""`changes`: how the published list differs from the one in use, and what renewed data moved; and the message to a
channel that the list changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from bot.chat.command import Invocation, Ports
from bot.chat.data import Data
from bot.chat.reply import (
    Ask,
    Block,
    Bullets,
    Mark,
    Paragraph,
    Plain,
    Reply,
    RichText,
    Share,
    Strong,
    headline,
    line,
    with_code,
)
from bot.chat.wording import bounded, counted, day_in_words, span
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

_NAME = "Host Compatibility List"
_NONE: Data = {"source": None, "revision": None, "changes": [], "problems": []}
_NEVER = with_code("The published list has not been read here yet: `xocompat serve` reads it once a day.")
_LONG = frozenset({RowChangeKind.BADGES, RowChangeKind.NOTES})
"""The first line of a message has no room for before and after."""


def run(ports: Ports, asked: Invocation) -> Reply:
    """What the page that was read last says, against the list in use."""
    from bot.chat.commands.questions import COURTESY  # `serve` needs this module from the start, and these not
    from bot.chat.filter import take_words

    undated, day = take_words(asked.words, asked.day)
    if any(word.strip("?!.,").casefold() not in COURTESY for word in undated.split()):
        raise UsageError("`changes` takes nothing: it tells how the published list differs from the one in use.")
    published = ports.published
    diff = published.diff(day or asked.day) if published else None
    renewal = published.data() if published and published.data else None
    if diff is None:
        never = Reply("changes", _NEVER, buttons=(Ask("List", "list"),), data=_NONE)
        return _with_data(never, renewal) if renewal else never
    return changes_reply(diff, renewal=renewal)


def changes_reply(diff: PageDiff, rows: bool = False, renewal: "DataRenewal | None" = None) -> Reply:
    """A page in words, and as the JSON of CONTRACT.md section 2; with its `rows` for `sync`. With what became of the
    `renewal` of the data, where it is followed."""
    reply = _page_reply(diff, rows)
    return _with_data(reply, renewal) if renewal else reply


def _with_data(reply: Reply, renewal: "DataRenewal") -> Reply:
    """The first line says what is wrong, of both where both are; else what is new of the list."""
    from bot.chat.data_news import data_blocks, data_of_renewal, data_problem

    said = reply.headline
    if renewal.problem:
        wrong = (Strong("The data is not renewed"), Plain(": "), *with_code(data_problem(renewal)))
        said = (*said, Plain(" "), *wrong) if reply.exit_status else wrong
    return reply._replace(
        headline=said,
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
    read_at = [f"read on {day_in_words(diff.read_at.date())}"] if diff.read_at else []
    return Reply(
        kind="changes",
        headline=_first_line(diff),
        blocks=tuple(_body(diff)),
        buttons=(Share("changes"), Ask("List", "list")),
        context=(line(" · ".join([shown(diff.source, TEXT_MAX), *read_at])),),
        data={**_data(diff, diff.changes), "rows": _rows(diff)} if rows else _data(diff, _changes_since(diff)),
        exit_status=1 if diff.problems else 0,
    )


def _first_line(diff: PageDiff) -> RichText:
    if diff.problems:
        count = len(diff.problems)
        more = f" (and {count - 1} more)" if count > 1 else ""
        return line(Strong("The published list is not used"), ": ", *with_code(f"{_problem(diff.problems[0])}{more}"))
    if not diff.changes:
        return headline(Strong("The published list is the one in use"), "no changes")
    subject = "The published list is in use from now on" if diff.stored else "The published list differs"
    return headline(Strong(subject), counted(len(diff.changes), "change"))


def _body(diff: PageDiff) -> Iterator[Block]:
    if diff.problems:
        if len(diff.problems) > 1:
            yield _problem_list(diff.problems, len(diff.problems))
        yield Paragraph((line("The list in use stays as it was."),))
    if diff.page is None or diff.page.problems:
        return  # what can't be read as a whole tells nothing for certain
    if diff.changes:
        yield _change_list(diff.changes, len(diff.changes), "What it changes")
    elif (came := _changes_since(diff)) and diff.stored and diff.stored.accepted_at:
        since = f"What it changed when it came on {day_in_words(diff.stored.accepted_at.date())}"
        yield _change_list(came, len(came), since)
    if diff.disagreements:
        yield Bullets(
            tuple(line(shown(disagreement(each), MESSAGE_MAX)) for each in diff.disagreements),
            "Where it and the vendors' dates disagree",
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
        what = "can't be used" if news.had else "can't be read"
        said = line(Mark("⚠️", f"The published {_NAME} {what}"), ". The list in use stays as it was.")
        blocks = (_problem_list(news.problems, news.total),)
    else:
        first = [_short(change) for change in news.changes[:IN_HEADLINE]]
        more = [f"{news.total - len(first)} more"] if news.total > len(first) else []
        said = line(Mark("📄", f"The {_NAME} changed"), f": {'; '.join([*first, *more])}.")
        if news.total > IN_HEADLINE or any(change.kind in _LONG for change in news.changes):
            blocks = (_change_list(news.changes, news.total),)
    return Reply(
        kind="list_news",
        headline=said,
        blocks=blocks,
        buttons=(Ask("Show changes", "changes"), Ask("List", "list")),
        context=(line(f"{shown(news.source)} · read on {day_in_words(news.day)}"),),
        data=news.to_data(),
    )


def _change_list(changes: Sequence[RowChange], total: int, title: str | None = None) -> Bullets:
    """Before and after of each row."""
    return Bullets(bounded([_long(change) for change in changes[:SHOWN]], SHOWN, total), title)


def _problem_list(problems: Sequence[PageProblem], total: int) -> Bullets:
    """What is wrong with a page, each with its line where it is of one."""
    return Bullets(bounded([with_code(_problem(problem)) for problem in problems[:SHOWN]], SHOWN, total))


def _problem(problem: PageProblem) -> str:
    said = shown(problem.message, MESSAGE_MAX)
    return f"line {problem.line}: {said}" if problem.line else said


def _short(change: RowChange) -> str:
    """For the first line: "XenServer 9 added (full support)"."""
    label = shown(change.label)
    match change.kind:
        case RowChangeKind.ADDED:
            about = _about(change, change.after)
            return f"{label} added{f' ({about})' if about else ''}"
        case RowChangeKind.REMOVED:
            return f"{label} removed"
        case RowChangeKind.RELABELLED:
            return f"{_text(change.before)} is called {_text(change.after)} now"
        case RowChangeKind.BADGES:
            return f"{label} {_signs(change)}"
        case RowChangeKind.NOTES:
            return f"the notes of {label} changed"


def _long(change: RowChange) -> RichText:
    label, before, after = Strong(shown(change.label)), _text(change.before), _text(change.after)
    match change.kind:
        case RowChangeKind.ADDED:
            about = _about(change, change.after)
            return line(label, " added", f": {about}" if about else "")
        case RowChangeKind.REMOVED:
            about = _about(change, change.before)
            return line(label, " removed", f"; it was: {about}" if about else "")
        case RowChangeKind.RELABELLED:
            return line(Strong(before), " is called ", Strong(after), " now")
        case RowChangeKind.BADGES:
            return line(label, f" {_signs(change)} (before: {before}; now: {after})")
        case RowChangeKind.NOTES:
            return line(label, f" has other notes (before: {before}; now: {after})")


def _signs(change: RowChange) -> str:
    """What of the signs came and went: "lost "all extra features"", or both where a word took another's place."""
    before, after = (
        [shown(word.strip()) for word in (text or "").split(",") if word.strip()]
        for text in (change.before, change.after)
    )
    gained = [f'"{word}"' for word in after if word not in before]
    lost = [f'"{word}"' for word in before if word not in after]
    said = [f"{verb} {' and '.join(words)}" for verb, words in (("gained", gained), ("lost", lost)) if words]
    return ", ".join(said) or "has its signs in another order"


def _about(change: RowChange, row: str | None) -> str:
    """What is said of a row that came or went, without its label again."""
    return shown((row or "").removeprefix(change.label).lstrip(": "), TEXT_MAX)


def _text(value: str | None) -> str:
    return shown(value, TEXT_MAX) if value else "nothing"


def sync_trouble(status: SyncStatus, now: datetime) -> str | None:
    """Why the list in use may be old, in a line without the source's name; None if the list is followed well."""
    match status.state(now):
        case SyncState.UNREACHABLE:
            days = status.days_failing(now)
            what = f"the published list can't be read{f' for {span(days)}' if days else ''}"
        case SyncState.REFUSED:
            what = f"the published list is not used, its page has {counted(len(status.problems), 'problem')}"
        case SyncState.GOOD:
            return None
    return f"{what}: the list in use stays as it was"


def disagreement(found: Disagreement) -> str:
    """How the page and the vendor's date differ."""
    days = (found.eol - found.on).days
    count = counted(abs(days), "day")
    when = "is today" if days == 0 else f"is in {count}" if days > 0 else f"passed {count} ago"
    claim = "shows" if found.is_shown else "does not show"
    return f"the page {claim} {found.name} as EOL, the vendor's date {when}"
