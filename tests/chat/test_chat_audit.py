"""`audit`: who asked and did what."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.chat.audit import AuditEntry
from bot.chat.command import Ports, Right
from bot.chat.commands.audit import OUTCOMES, outcome_in_words
from bot.chat.reply import ChannelName, PersonName, Table, line, plain
from bot.chat.runner import CommandRunner
from bot.errors import UsageError
from bot.matrix.matrix import Matrix
from bot.query.query import Outcome
from bot.query.reader import Reader
from bot.slack.blocks import messages
from bot.xapi.observation import FailureCode

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALL = frozenset(Right)
FOLDER = Path(__file__).parents[2] / "bot"


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
        "23 Nov 2026 12:00 UTC", "U1", "C1, command", "probe lab-a", "answered, 0.4 s",
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
    assert reply.summary == "1,000 or more entries"


def test_nothing_found_is_told(matrix: Matrix, reader: Reader) -> None:
    assert _desk(matrix, reader, Kept()).answer("audit lab-x", ALL).summary == "No entries with lab-x"


def test_only_operators_see_it_and_without_a_database_it_says_what_to_configure(matrix: Matrix, reader: Reader) -> None:
    desk = _desk(matrix, reader, None)
    assert desk.answer("audit", ALL - {Right.OPERATE}).kind == "refused"
    with pytest.raises(UsageError, match="set `database`"):
        desk.answer("audit", ALL)


def test_people_and_channels_are_names_that_a_platform_draws(matrix: Matrix, reader: Reader) -> None:
    entry = ENTRY._replace(who="U0000001", where="C0000001")
    nowhere = ENTRY._replace(who="shell:joe", where=None, way="shell")
    reply = _desk(matrix, reader, Kept(entry, nowhere)).answer("audit", ALL)
    (table,) = reply.blocks
    assert isinstance(table, Table)
    assert table.rows[0][1:3] == ((PersonName("U0000001"),), line(ChannelName("C0000001"), ", command"))
    assert [plain(cell) for cell in table.rows[1][1:3]] == ["shell:joe", "no channel, shell"]
    (message,) = messages(reply)
    assert "<@U0000001>" in str(message.blocks)
    assert "<#C0000001>" in str(message.blocks)


@pytest.mark.parametrize(
    ("command", "outcome", "said"),
    [
        ("check", "check", "answered"),
        ("probe", "refused", "refused: needs the right to probe"),
        ("sweep", "refused", "refused: needs the right to operate"),
        ("probe", "unreachable", "could not be reached"),
        ("check", "refused", "refused: of another workspace"),
        ("check", "of_a_later_version", "of a later version"),
    ],
)
def test_how_it_went_is_said_in_words(command: str, outcome: str, said: str) -> None:
    assert outcome_in_words(ENTRY._replace(command=command, outcome=outcome)) == said


def test_every_outcome_that_is_recorded_has_words() -> None:
    """Kinds of replies, codes of failures, and what is recorded in place of an answer."""
    source = "\n".join(
        path.read_text(encoding="utf-8") for folder in ("chat", "slack") for path in FOLDER.glob(f"{folder}/**/*.py")
    )
    recorded = {*re.findall(r'\bkind="(\w+)"', source), *re.findall(r'\bReply\(\s*"(\w+)"', source)}
    recorded |= {*re.findall(r'\b(?:private|Answer)\("(\w+)"', source), *re.findall(r'record\(\w+, "(\w+)"\)', source)}
    recorded |= {*map(str, Outcome), *(code.value for code in FailureCode)}
    assert len(recorded) > 60
    assert recorded <= OUTCOMES.keys()
