"""`changes`: how the published list differs from the one in use."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bot.chat.command import Invocation, Ports
from bot.chat.data import Data
from bot.chat.lookup import read
from bot.chat.reply import Ask, Block, Bullets, Paragraph, Reply, RichText, Share, Strong, headline, line, with_code
from bot.errors import UsageError
from bot.matrix.wording import day_in_words
from bot.query.text import shown

if TYPE_CHECKING:
    from bot.published.page import RowChange
    from bot.published.revisions import PageDiff

_NONE: Data = {"source": None, "revision": None, "changes": [], "problems": []}
_NEVER = with_code("The published list has not been read here yet: `xocompat serve` reads it once a day.")


def run(ports: Ports, asked: Invocation) -> Reply:
    """What the page that was read last says, against the list in use."""
    query, day = read(ports, asked)
    if query.parts:
        raise UsageError("`changes` takes nothing: it tells how the published list differs from the one in use.")
    look = ports.published.look(day) if ports.published else None
    return changes_reply(look) if look else Reply("changes", _NEVER, buttons=(Ask("List", "list"),), data=_NONE)


def changes_reply(look: "PageDiff", rows: bool = False) -> Reply:
    """A page in words, and as the JSON of CONTRACT.md section 2; with its `rows` for `sync`."""
    return Reply(
        kind="changes",
        headline=_first(look),
        blocks=tuple(_blocks(look)),
        buttons=(Share("changes"), Ask("List", "list")),
        context=(line(" · ".join(_context(look))),),
        data=_of_sync(look) if rows else changes_data(look, _since(look)),
        exit_status=1 if look.problems else 0,
    )


def _first(look: "PageDiff") -> RichText:
    if look.problems:
        count = len(look.problems)
        more = f" (and {count - 1} more)" if count > 1 else ""
        return line(Strong("The published list is not used"), f": {_said(look)}{more}")
    count = len(look.changes)
    if not count:
        return headline(Strong("The published list is the one in use"), "no changes")
    subject = "The published list is in use from now on" if look.stored else "The published list differs"
    return headline(Strong(subject), "1 change" if count == 1 else f"{count} changes")


def _said(look: "PageDiff") -> str:
    from bot.chat.list_message import in_words

    return in_words(look.problems[0])


def _blocks(look: "PageDiff") -> Iterator[Block]:
    from bot.chat.list_message import change_list, disagreement, problem_list

    if look.problems:
        if len(look.problems) > 1:
            yield problem_list(look.problems, len(look.problems))
        yield Paragraph((line("The list in use stays as it was."),))
    if look.page is None or look.page.problems:
        return  # what can't be read as a whole tells nothing for certain
    if look.changes:
        yield change_list(look.changes, len(look.changes), "What it changes")
    elif (came := _since(look)) and look.stored and look.stored.accepted_at:
        since = f"What it changed when it came on {day_in_words(look.stored.accepted_at.date())}"
        yield change_list(came, len(came), since)
    if look.disagreements:
        yield Bullets(
            tuple(line(shown(disagreement(each), 300)) for each in look.disagreements),
            "Where it and the vendors' dates disagree",
        )


def _context(look: "PageDiff") -> Iterator[str]:
    yield shown(look.source, 200)
    if look.read_at:
        yield f"read on {day_in_words(look.read_at.date())}"


def _of_sync(look: "PageDiff") -> Data:
    return {**changes_data(look, look.changes), "rows": rows_data(look)}


def _since(look: "PageDiff") -> "tuple[RowChange, ...]":
    """The page against the list in use before it; of one that is in use already, what it changed when it came."""
    return look.changes or (look.stored.changes if look.stored and look.stored.accepted_at else ())


def changes_data(look: "PageDiff", changes: "tuple[RowChange, ...]") -> Data:
    """The JSON of a page. A problem of the page as a whole has no line."""
    return {
        "source": look.source,
        "revision": look.digest,
        "changes": [change._asdict() for change in changes],
        "problems": [{"line": problem.line or None, "message": problem.message} for problem in look.problems],
    }


def rows_data(look: "PageDiff") -> list[Data]:
    """The rows as read from the page."""
    return [
        {
            "label": row.label,
            "product": row.product.value,
            "releases": list(row.releases),
            "badges": [badge.value for badge in row.badges],
            "notes": list(row.notes),
        }
        for row in (look.page.rows if look.page else ())
    ]
