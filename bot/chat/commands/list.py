"""`list [xcp-ng|xenserver]`: the compatibility list, row by row, as of a day."""

from datetime import date

from bot.catalogue import number, say, say_counted
from bot.chat.command import Invocation, Ports
from bot.chat.data import row_data
from bot.chat.lookup import context, read_product
from bot.chat.reply import Bullets, Column, ColumnKind, Reply, RichText, Share, Strong, Table, columns, headline, line
from bot.chat.verdict import badge_mark, support_cell, updates_mark
from bot.chat.wording import day_in_words
from bot.matrix.assess import assess
from bot.matrix.issue import KnownIssue
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.support import Badge, ListRow

OWN_ROW = 3
"""An issue of the list that affects no more releases than a row can hold is that row's note; others are the list's."""


def run(ports: Ports, asked: Invocation) -> Reply:
    """Rows that were out on the day, in the list's own order."""
    products, day = read_product(ports, asked)
    matrix = ports.matrix
    rows = [row for row in matrix.published.rows if row.product in products and row.is_out(day)]
    ended = sum(Badge.NO_SECURITY_UPDATES in row.badges(day) for row in rows)
    shown = tuple(_row(matrix, row, day) for row in rows)
    signs = (line(badge_mark(matrix.published, s.badge), f": {say(s.meaning)}") for s in matrix.published.legend)
    return Reply(
        kind="list",
        headline=headline(
            Strong(matrix.published.source.title),
            say_counted(len(rows), "{count} row", "{count} rows"),
            say("{count} without security updates", count=number(ended)),
        ),
        blocks=(
            Table(_columns(), shown, say("The list, the newest of each product first")),
            Bullets(tuple(signs), say("Legend")),
        ),
        buttons=(Share(f"list {asked.words}".strip()),),
        context=context(matrix, day),
        data={"as_of": day.isoformat(), "rows": [row_data(row, day, _issues(matrix, row)) for row in rows]},
        assessed=tuple(assess(matrix, release, day) for row in rows for release in row.releases),
    )


def _columns() -> tuple[Column, ...]:
    return columns(
        say("Release"),
        Column("Xen Orchestra", ColumnKind.SIGN),
        Column(say("Security updates"), ColumnKind.SIGN),
        say("Notes and known issues"),
    )


def _row(matrix: Matrix, row: ListRow, day: date) -> tuple[RichText, ...]:
    notes = [issue.id for issue in _issues(matrix, row) if issue.from_list and len(issue.affects) <= OWN_ROW]
    if not row.support.official:
        notes.insert(0, say("no official support"))
    if not any(release.lifecycle.is_known for release in row.releases):
        notes.insert(0, say("end of life not known"))
    if (until := row.extra_features_until) and day < until:
        notes.append(say("extra features until {day}", day=day_in_words(until)))
    lives = [release.lifecycle for release in row.releases]
    stage = LifecycleStage.EOL if Badge.NO_SECURITY_UPDATES in row.badges(day) else lives[0].stage(day)
    return (
        line(Strong(row.label(day))),
        support_cell(matrix.published, row.support_on(day)),
        line(updates_mark(stage, lives[0].eol is not None)),
        line(", ".join(notes)),
    )


def _issues(matrix: Matrix, row: ListRow) -> tuple[KnownIssue, ...]:
    """The known issues of a row's releases, each once."""
    return tuple({issue.id: issue for release in row.releases for issue in matrix.verdict_issues(release)}.values())
