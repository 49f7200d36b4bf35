"""`audit`: who asked and did what."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest

from bot.chat.audit import AuditEntry
from bot.chat.command import Ports, Right
from bot.chat.reply import Table, plain
from bot.chat.runner import CommandRunner
from bot.errors import UsageError
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALL = frozenset(Right)


class Kept:
    """An audit trail that a test fills."""

    def __init__(self, *entries: AuditEntry) -> None:
        self._entries = list(entries)
        self.asked: list[tuple[str, ...]] = []

    def record(self, entry: AuditEntry) -> None:
        self._entries.append(entry)

    def find(self, words: Iterable[str], limit: int, where: str | None = None) -> tuple[AuditEntry, ...]:  # noqa: ARG002
        self.asked.append(tuple(words))
        return tuple(self._entries[:limit])


ENTRY = AuditEntry(AT, "U1", "T1", "C1", "command", "probe", "lab-a", "assessed", 412.0)


def _desk(matrix: Matrix, reader: Reader, trail: Kept | None) -> CommandRunner:
    return CommandRunner(Ports(matrix, reader, audit=trail), lambda: date(2026, 11, 23))


def test_entries_are_shown_with_who_where_what_and_how_it_went(matrix: Matrix, reader: Reader) -> None:
    trail = Kept(ENTRY)
    reply = _desk(matrix, reader, trail).answer("audit probe  `lab-a`", ALL)
    assert trail.asked == [("probe", "lab-a")]
    (table,) = reply.blocks
    assert isinstance(table, Table)
    assert [plain(cell) for cell in table.rows[0]] == [
        "23 Nov 2026 12:00 UTC", "U1", "C1, command", "probe lab-a", "assessed, 0.4 s",
    ]  # fmt: skip
    assert reply.summary == "1 entry with probe lab-a"
    assert (reply.data or {})["entries"][0]["at"] == "2026-11-23T12:00:00Z"


def test_a_command_is_shown_as_it_was_typed(matrix: Matrix, reader: Reader) -> None:
    trail = Kept(ENTRY._replace(words="probe lab-a"), ENTRY._replace(command="check", words="8.2"))
    (table,) = _desk(matrix, reader, trail).answer("audit", ALL).blocks
    assert isinstance(table, Table)
    assert [plain(row[3]) for row in table.rows] == ["probe lab-a", "check 8.2"]


def test_many_entries_are_cut_and_it_says_so(matrix: Matrix, reader: Reader) -> None:
    reply = _desk(matrix, reader, Kept(*[ENTRY] * 2_000)).answer("audit", ALL)
    table, more = reply.blocks
    assert isinstance(table, Table)
    assert len(table.rows) == 40
    assert "More words" in plain(more.lines[0])  # type: ignore[union-attr]
    assert len((reply.data or {})["entries"]) == 1_000
    assert reply.summary == "1000 or more entries"


def test_nothing_found_is_told(matrix: Matrix, reader: Reader) -> None:
    assert _desk(matrix, reader, Kept()).answer("audit lab-x", ALL).summary == "No entries with lab-x"


def test_only_operators_see_it_and_without_a_database_it_says_what_to_configure(matrix: Matrix, reader: Reader) -> None:
    desk = _desk(matrix, reader, None)
    assert desk.answer("audit", ALL - {Right.OPERATE}).kind == "refused"
    with pytest.raises(UsageError, match="set `database`"):
        desk.answer("audit", ALL)
