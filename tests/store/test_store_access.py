"""Who asked for which right, on both databases: those who may grant it are told once a day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from bot.chat.access_request import ASKED_AGAIN, AccessRequest
from bot.chat.command import Right
from bot.store.access import SqlAccessRequests
from bot.store.database import Database
from bot.store.outbox import SqlOutbox
from bot.store.tables import outbox
from tests.fleet.fleets import START

OPS, LAB = "C0000OPS", "C0000LAB"
SECOND = timedelta(seconds=1)


def _request(
    who: str = "U0000001", right: Right = Right.FLEET, where: str | None = LAB, after: timedelta = timedelta()
) -> AccessRequest:
    return AccessRequest(who, right, where, START + after)


def _told(database: Database) -> list[AccessRequest]:
    with database.reading() as connection:
        rows = connection.execute(select(outbox.c.channel, outbox.c.payload).order_by(outbox.c.id)).all()
    assert {row.channel for row in rows} <= {OPS}
    return [AccessRequest.from_data(row.payload) for row in rows]


def test_a_person_and_right_are_told_of_once_a_day_wherever_they_ask(database: Database) -> None:
    requests = SqlAccessRequests(database)
    first = _request()
    assert requests.ask(first, OPS) is None
    assert requests.ask(_request(where=None, after=SECOND), OPS) == START
    assert requests.ask(_request(after=ASKED_AGAIN - SECOND), OPS) == START
    again = _request(after=ASKED_AGAIN)
    assert requests.ask(again, OPS) is None
    assert _told(database) == [first, again]
    assert SqlOutbox(database).waiting(START) == (OPS,)


def test_other_people_and_other_rights_are_told_of_beside(database: Database) -> None:
    requests = SqlAccessRequests(database)
    others = [_request(), _request("U0000002"), _request(right=Right.PROBE)]
    assert [requests.ask(each, OPS) for each in others] == [None] * 3
    assert _told(database) == others


def test_of_a_flood_by_several_processes_one_is_told(database: Database) -> None:
    processes = [SqlAccessRequests(database) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(processes[at % 2].ask, _request(after=at * SECOND), OPS) for at in range(40)]
        answers = [each.result() for each in asked]
    assert answers.count(None) == 1
    (told,) = _told(database)
    assert set(answers) == {None, told.at}


def test_what_a_clock_that_was_far_ahead_wrote_keeps_nobody_silent(database: Database) -> None:
    requests = SqlAccessRequests(database)
    assert requests.ask(_request(after=timedelta(days=400)), OPS) is None
    assert requests.ask(_request(), OPS) is None
    assert requests.ask(_request(after=SECOND), OPS) == START
