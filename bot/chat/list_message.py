"""How the published list changed, in words: for the channel that is told of it, and for who asks."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.chat.reply import Ask, Block, Bullets, Mark, Reply, RichText, Strong, line
from bot.matrix.wording import day_in_words, span
from bot.published.page import Disagreement, PageProblem, RowChange, RowChangeKind
from bot.published.revisions import ListNews
from bot.published.sync import SyncState, SyncStatus
from bot.query.text import shown

SHOWN = 20
"""So many changes or problems in a list."""

IN_HEADLINE = 2

_NAME = "Host Compatibility List"


def list_message(news: ListNews) -> Reply:
    """The message to a channel: the list changed, or the page can't be used."""
    return Reply(
        kind="list_news",
        headline=_failed(news) if news.problems else _changed(news),
        blocks=tuple(_blocks(news)),
        buttons=(Ask("Show changes", "changes"), Ask("List", "list")),
        context=(line(f"{shown(news.source)} · read on {day_in_words(news.day)}"),),
        data=news.to_data(),
    )


def _changed(news: ListNews) -> RichText:
    first = [_short(change) for change in news.changes[:IN_HEADLINE]]
    rest = news.total - len(first)
    return line(Mark("📄", f"The {_NAME} changed"), f": {'; '.join([*first, *([f'{rest} more'] if rest else [])])}.")


def _failed(news: ListNews) -> RichText:
    what = "can't be used" if news.had else "can't be read"
    return line(Mark("⚠️", f"The published {_NAME} {what}"), ". The list in use stays as it was.")


def _blocks(news: ListNews) -> Iterator[Block]:
    if news.problems:
        yield problem_list(news.problems, news.total)
    elif news.total > IN_HEADLINE or any(change.kind in _LONG for change in news.changes):
        yield change_list(news.changes, news.total)


_LONG = frozenset({RowChangeKind.BADGES, RowChangeKind.NOTES})


def change_list(changes: Sequence[RowChange], count: int, title: str | None = None) -> Bullets:
    """Before and after of each row."""
    return Bullets(_capped((_long(change) for change in changes[:SHOWN]), count), title)


def problem_list(problems: Sequence[PageProblem], count: int) -> Bullets:
    """What is wrong with a page, each with its line where it is of one."""
    return Bullets(_capped((line(in_words(problem)) for problem in problems[:SHOWN]), count))


def in_words(problem: PageProblem) -> str:
    """A problem as a sentence."""
    said = shown(problem.message, 300)
    return f"line {problem.line}: {said}" if problem.line else said


def sync_trouble(status: SyncStatus, now: datetime) -> str | None:
    """Why the list in use may be old, in a line without the source's name; None if the list is followed well."""
    match status.state(now):
        case SyncState.UNREACHABLE:
            days = status.days_failing(now)
            what = f"the published list can't be read{f' for {span(days)}' if days else ''}"
        case SyncState.REFUSED:
            count = len(status.problems)
            what = f"the published list is not used, its page has {'1 problem' if count == 1 else f'{count} problems'}"
        case SyncState.GOOD:
            return None
    return f"{what}: the list in use stays as it was"


def disagreement(found: Disagreement) -> str:
    """How the page and the vendor's date differ."""
    days = (found.eol - found.on).days
    count = f"{abs(days)} day" if abs(days) == 1 else f"{abs(days)} days"
    when = "is today" if days == 0 else f"is in {count}" if days > 0 else f"passed {count} ago"
    claim = "shows" if found.is_shown else "does not show"
    return f"the page {claim} {found.name} as EOL, the vendor's date {when}"


def _capped(items: Iterable[RichText], count: int) -> tuple[RichText, ...]:
    found = tuple(items)
    rest = count - len(found)
    return (*found, line(f"and {rest} more")) if rest > 0 else found


def _short(change: RowChange) -> str:
    """For the first line: "XenServer 9 added (full support)"."""
    label, before, after = shown(change.label), _text(change.before), _text(change.after)
    match change.kind:
        case RowChangeKind.ADDED:
            return f"{label} added{f' ({what})' if (what := _about(change, change.after)) else ''}"
        case RowChangeKind.REMOVED:
            return f"{label} removed"
        case RowChangeKind.RELABELLED:
            return f"{before} is called {after} now"
        case RowChangeKind.BADGES:
            return f"{label} {_signs(change)}"
        case RowChangeKind.NOTES:
            return f"the notes of {label} changed"


def _signs(change: RowChange) -> str:
    """What of the signs came and went: "lost "all extra features"", or both where a word took another's place."""
    before, after = _words(change.before), _words(change.after)
    gained = [f'"{word}"' for word in after if word not in before]
    lost = [f'"{word}"' for word in before if word not in after]
    said = [f"{verb} {' and '.join(words)}" for verb, words in (("gained", gained), ("lost", lost)) if words]
    return ", ".join(said) or "has its signs in another order"


def _words(text: str | None) -> list[str]:
    return [shown(word.strip()) for word in (text or "").split(",") if word.strip()]


def _long(change: RowChange) -> RichText:
    label, before, after = Strong(shown(change.label)), _text(change.before), _text(change.after)
    match change.kind:
        case RowChangeKind.ADDED:
            return line(label, " added", f": {what}" if (what := _about(change, change.after)) else "")
        case RowChangeKind.REMOVED:
            return line(label, " removed", f"; it was: {what}" if (what := _about(change, change.before)) else "")
        case RowChangeKind.RELABELLED:
            return line(Strong(before), " is called ", Strong(after), " now")
        case RowChangeKind.BADGES:
            return line(label, f" {_signs(change)} (before: {before}; now: {after})")
        case RowChangeKind.NOTES:
            return line(label, f" has other notes (before: {before}; now: {after})")


def _about(change: RowChange, whole: str | None) -> str:
    """What is said of a row that came or went, without its label again."""
    return shown((whole or "").removeprefix(change.label).lstrip(": "), 200)


def _text(value: str | None) -> str:
    return shown(value, 200) if value else "nothing"
