"""Tables: never where nobody says whether they were taken, the richest form first. And files beside replies."""

import json
import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import LogCapture
from structlog.typing import FilteringBoundLogger

from bot.chat.access import Grant
from bot.chat.command import Right
from bot.chat.runner import CommandRunner
from bot.errors import UnavailableError
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.slack.table_blocks import TableForm
from bot.slack.table_forms import REFUSALS, REMEMBERED, RENEWED, TableForms
from tests.chat.fleet import NOON, ports
from tests.fleet.fakes import FakeStore, FakeSweepLog, answered, host, target
from tests.slack.blockkit import TABLES, complaints
from tests.slack.conftest import Furnish, Room
from tests.slack.signed import command, find, mention, press
from tests.slack.standin import Call, Said, StandIn

JSON = "application/json"
MAY_ALL = Grant("*", None, frozenset(Right))


def _kinds(call: Call) -> list[str]:
    """The table blocks of a message."""
    return [block["type"] for block in call.fields["blocks"] if block["type"] in TABLES]


def _refusing(*kinds: str, code: str = "invalid_blocks") -> Any:
    """Slack, where some kinds of blocks are not known yet: by response_url it says a bare word, elsewhere JSON."""

    def answer(call: Call) -> Any:
        refused = set(_kinds(call)) & set(kinds)
        if call.method == "respond":
            return Said(code, 400) if refused else Said("ok")
        return {"ok": False, "error": code} if refused else {"ok": True, "ts": "1.1", "channel": "C0000001"}

    return answer


def test_a_table_never_stands_in_an_acknowledgement(room: Room, standin: StandIn) -> None:
    acknowledged = room.post(command("list", response_url=standin.response_url))
    room.settle()
    assert (acknowledged.status, acknowledged.body) == (200, "")
    (sent,) = standin.of("respond")
    assert _kinds(sent) == ["data_table"]
    assert complaints(sent.fields) == []


def test_a_verdict_still_is_the_acknowledgement(room: Room, standin: StandIn) -> None:
    acknowledged = room.post(command("XenServer 7.2", response_url=standin.response_url))
    assert "XenServer 7.2" in acknowledged.body
    room.settle()
    assert standin.of("respond") == []


@pytest.mark.parametrize(
    "code", ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"]
)
def test_what_a_workspace_does_not_take_is_drawn_anew_and_remembered(room: Room, standin: StandIn, code: str) -> None:
    standin.answers["respond"] = _refusing("data_table", code=code)
    for _ in range(2):
        room.post(command("timeline", response_url=standin.response_url))
        room.settle()
    assert [_kinds(call) for call in standin.of("respond")] == [["data_table"], ["table"], ["table"]]


def test_where_no_table_is_taken_there_are_lines_and_a_reply_costs_no_more_than_five_uses(
    room: Room, standin: StandIn
) -> None:
    standin.answers["respond"] = _refusing("data_table", "table")
    room.post(command("issues", response_url=standin.response_url))
    room.settle()
    sent = standin.of("respond")
    assert [_kinds(call) for call in sent[:2]] == [["data_table"], ["table"]]
    assert all(_kinds(call) == [] for call in sent[2:])
    assert len(sent) <= 5
    assert [complaints(call.fields) for call in sent] == [[]] * len(sent)
    assert "Issue · Kind · Affects" in json.dumps(sent[2].fields, ensure_ascii=False)


def test_a_mention_goes_the_same_way_and_is_answered_once(room: Room, standin: StandIn) -> None:
    standin.answers["chat.postMessage"] = _refusing("data_table")
    room.post(mention("<@U0000BOT> feature"), JSON)
    room.settle()
    assert [_kinds(call) for call in standin.of("chat.postMessage")] == [["data_table"], ["table"]]


def test_a_form_is_tried_again_the_next_day_and_workspaces_differ(
    log: FilteringBoundLogger, kept_log: LogCapture
) -> None:
    now = [NOON]
    forms = TableForms(TableForm.DATA_TABLE, lambda: now[0], log)
    forms.refused("T1", TableForm.DATA_TABLE, "invalid_blocks")
    assert (forms.of("T1"), forms.of("T2"), forms.of(None)) == (
        TableForm.TABLE, TableForm.DATA_TABLE, TableForm.DATA_TABLE,
    )  # fmt: skip
    assert forms.counts() == {"table": 1}
    now[0] += REMEMBERED
    assert forms.of("T1") is TableForm.DATA_TABLE
    assert forms.counts() == {}
    assert [entry["event"] for entry in kept_log.entries] == ["table refused"]


def test_an_operator_can_have_lines_everywhere() -> None:
    forms = TableForms(TableForm.LINES, lambda: NOON)
    assert forms.of("T1") is TableForm.LINES
    assert "invalid_blocks" in REFUSALS


class Rows:
    """What processes share; `is_away` is a database that cannot be reached, `gate` one that hangs while it is shut."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, datetime]] = {}
        self.is_away, self.reads, self.gate = False, 0, threading.Event()
        self.gate.set()

    def since(self, at: datetime) -> dict[str, tuple[int, datetime]]:
        assert self.gate.wait(10)
        self.reads += 1
        if self.is_away:
            raise UnavailableError("the database is away")
        return {team: found for team, found in self.rows.items() if found[1] > at}

    def save(self, team: str, form: int, at: datetime) -> None:
        if self.is_away:
            raise UnavailableError("the database is away")
        self.rows[team] = form, at


def test_another_process_learns_what_one_found_out_and_so_does_one_that_is_started_anew() -> None:
    rows, now = Rows(), [NOON]
    one, other = (TableForms(TableForm.DATA_TABLE, lambda: now[0], store=rows) for _ in range(2))
    assert other.of("T1") is TableForm.DATA_TABLE
    one.refused("T1", TableForm.DATA_TABLE, "invalid_blocks")
    one.refused(None, TableForm.TABLE, "invalid_blocks")
    now[0] += RENEWED
    for forms in (other, TableForms(TableForm.DATA_TABLE, lambda: now[0], store=rows)):
        assert (forms.of("T1"), forms.of(None)) == (TableForm.TABLE, TableForm.LINES)
        assert forms.counts() == {"table": 1, "lines": 1}
    now[0] += REMEMBERED
    assert other.of("T1") is TableForm.DATA_TABLE


def test_what_is_shared_is_read_once_a_minute() -> None:
    rows, now = Rows(), [NOON]
    forms = TableForms(TableForm.DATA_TABLE, lambda: now[0], store=rows)
    for _ in range(100):
        forms.of("T1")
    assert rows.reads == 1
    now[0] += RENEWED
    forms.of("T1")
    assert rows.reads == 2


def test_while_the_database_is_away_a_process_knows_what_it_found_out_itself(
    log: FilteringBoundLogger, kept_log: LogCapture
) -> None:
    rows = Rows()
    rows.is_away = True
    forms = TableForms(TableForm.DATA_TABLE, lambda: NOON, log, rows)
    forms.refused("T1", TableForm.DATA_TABLE, "invalid_blocks")
    assert (forms.of("T1"), forms.of("T2")) == (TableForm.TABLE, TableForm.DATA_TABLE)
    said = [entry["event"] for entry in kept_log.entries]
    assert said == ["table refused", *["the forms of tables are not shared"] * 2]


def test_a_database_that_hangs_keeps_no_answer_waiting_and_is_heard_later() -> None:
    rows = Rows()
    rows.gate.clear()
    rows.rows["T1"] = TableForm.LINES, NOON
    forms = TableForms(TableForm.DATA_TABLE, lambda: NOON, store=rows)
    assert forms.of("T1") is TableForm.DATA_TABLE
    rows.gate.set()
    assert forms._asking.executor.wait_until_idle(10)
    assert forms.of("T1") is TableForm.LINES


def test_a_form_of_a_later_version_is_passed_over() -> None:
    rows = Rows()
    rows.rows["T1"] = 7, NOON
    assert TableForms(TableForm.DATA_TABLE, lambda: NOON, store=rows).of("T1") is TableForm.DATA_TABLE


@pytest.mark.parametrize("away", [timedelta(days=400), -timedelta(days=2)])
def test_what_a_wrong_clock_wrote_counts_nothing(away: timedelta) -> None:
    rows = Rows()
    rows.rows["T1"] = TableForm.LINES, NOON + away
    assert TableForms(TableForm.DATA_TABLE, lambda: NOON, store=rows).of("T1") is TableForm.DATA_TABLE


@pytest.fixture
def fleet(furnish: Furnish, matrix: Matrix, reader: Reader) -> Room:
    """A room where everybody may see a fleet of 300."""
    store = FakeStore()
    hosts = [host(f"xen-{at:03}", "8.2.1" if at % 2 else "8.3.0", coordinator=not at) for at in range(300)]
    store.record((answered(target("lab-a", "lab"), NOON, *hosts, pool="big"),), NOON)
    known = CommandRunner(ports(matrix, reader, (store, FakeSweepLog())), lambda: date(2026, 11, 23))
    return furnish(known, grants=(MAY_ALL,))


def _taking_files(standin: StandIn) -> None:
    standin.answers["files.getUploadURLExternal"] = {"ok": True, "upload_url": f"{standin.address}/up", "file_id": "F1"}
    standin.answers["chat.postMessage"] = {"ok": True, "channel": "D0000001", "ts": "1.2"}


def test_the_whole_fleet_comes_as_a_file_into_the_askers_direct_messages(fleet: Room, standin: StandIn) -> None:
    _taking_files(standin)
    fleet.post(command("fleet eol csv", response_url=standin.response_url))
    fleet.settle()
    (asked,), (posted,), (done,) = (
        standin.of(name) for name in ("files.getUploadURLExternal", "chat.postMessage", "files.completeUploadExternal")
    )
    (uploaded,) = standin.of("up")
    assert asked.fields["filename"] == "fleet-2026-11-23.csv"
    assert int(asked.fields["length"]) > 150 * 50
    assert uploaded
    assert posted.fields["channel"] == "U0000001"
    assert (done.fields["channel_id"], done.fields["thread_ts"]) == ("D0000001", "1.2")
    (reply,) = standin.of("respond")
    assert "150 hosts as a CSV file" in reply.fields["text"]
    assert "is in your direct messages with me" in json.dumps(reply.fields)


@pytest.mark.parametrize(
    ("method", "code", "words"),
    [
        ("files.getUploadURLExternal", "missing_scope", "files:write"),
        ("files.getUploadURLExternal", "file_uploads_disabled", "takes no files"),
        ("chat.postMessage", "messages_tab_disabled", "Messages tab"),
        ("files.completeUploadExternal", "posting_to_channel_denied", "lets the app send no files"),
    ],
)
def test_where_files_are_not_taken_it_says_why_and_how_else(
    fleet: Room, standin: StandIn, method: str, code: str, words: str
) -> None:
    _taking_files(standin)
    standin.answers[method] = {"ok": False, "error": code}
    fleet.post(command("fleet csv", response_url=standin.response_url))
    fleet.settle()
    (reply,) = standin.of("respond")
    text = json.dumps(reply.fields)
    assert words in text
    assert "xocompat export" in text
    assert len(standin.of(method)) == 1


def test_a_file_goes_to_no_address_but_slacks(fleet: Room, standin: StandIn) -> None:
    _taking_files(standin)
    elsewhere = {"ok": True, "upload_url": "https://files.example.org/up", "file_id": "F1"}
    standin.answers["files.getUploadURLExternal"] = elsewhere
    fleet.post(command("fleet csv", response_url=standin.response_url))
    fleet.settle()
    assert standin.of("chat.postMessage", "files.completeUploadExternal") == []
    assert "not its own" in json.dumps(standin.of("respond")[0].fields)


def _offered(room: Room, typed: str, user: str = "U0000001") -> list[Any]:
    answer = room.post(find(typed, user))
    assert answer.status == 200
    return list(json.loads(answer.body)["options"])


def test_any_host_of_a_large_fleet_is_found_by_a_part_of_its_name_in_two_presses(fleet: Room, standin: StandIn) -> None:
    fleet.post(command("fleet", response_url=standin.response_url))
    fleet.settle()
    (shown,) = standin.of("respond")
    fields = [e for b in shown.fields["blocks"] if b["type"] == "actions" for e in b["elements"]]
    assert [each["action_id"] for each in fields if each["type"] == "external_select"] == ["find_3"]
    offered = _offered(fleet, "EN-217")
    assert [option["text"]["text"] for option in offered] == ["xen-217"]
    chosen = {"action_id": "find_3", "type": "external_select", "selected_option": offered[0]}
    fleet.post(press("find_3", "", standin.response_url, actions=[chosen]))
    fleet.settle()
    assert standin.of("respond")[-1].fields["text"].startswith("1 of 300 hosts in 1 pool: xen-217")


def test_no_more_is_offered_than_slack_takes_and_what_begins_with_it_first(fleet: Room) -> None:
    assert len(_offered(fleet, "xen")) == 100
    assert [option["text"]["text"] for option in _offered(fleet, "big")] == ["big"]
    assert _offered(fleet, "nothing like it") == []


def test_who_may_not_see_the_whole_fleet_is_offered_no_names(furnish: Furnish, matrix: Matrix, reader: Reader) -> None:
    store = FakeStore()
    store.record((answered(target("lab-a"), NOON, host("xen-1"), pool="big"),), NOON)
    known = CommandRunner(ports(matrix, reader, (store, FakeSweepLog())), lambda: date(2026, 11, 23))
    assert _offered(furnish(known), "xen") == []
    here = Grant("*", "C0000001", frozenset({Right.FLEET}))
    assert _offered(furnish(known, grants=(here,)), "xen") == []
    assert len(_offered(furnish(known, grants=(MAY_ALL,)), "xen")) == 1
