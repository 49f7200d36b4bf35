"""What channels watch, and which of them want a weekly digest, on both databases."""

from sqlalchemy import select

from bot.alerts.ports import Watch, WatchKind
from bot.store.database import Database
from bot.store.tables import outbox
from bot.store.watches import SqlDigests, SqlWatches
from tests.fleet.fleets import START, at

WATCH = Watch("C1", WatchKind.RELEASE, "XCP-ng 8.2", "XCP-ng", "8.2", lead=(90, 30), by="U1", at=START)


def test_a_watch_is_stored_until_it_is_removed(database: Database) -> None:
    watches = SqlWatches(database)
    everything = Watch("C1", WatchKind.ALL, "", by="U2", at=at(-1))
    other = WATCH._replace(channel="C0", lead=None)
    assert all(map(watches.add, (WATCH, everything, other)))
    assert watches.all() == (other, everything, WATCH)
    assert watches.remove("C1", WatchKind.ALL, "")
    assert not watches.remove("C1", WatchKind.ALL, "")
    assert watches.all() == (other, WATCH)


def test_the_same_watch_again_is_no_news_but_one_with_another_lead_takes_its_place(database: Database) -> None:
    watches = SqlWatches(database)
    watches.add(WATCH)
    assert not watches.add(WATCH._replace(by="U2", at=at(1)))
    assert watches.all() == (WATCH,)
    later = WATCH._replace(lead=None, by="U2", at=at(1))
    assert watches.add(later)
    assert watches.all() == (later,)


def test_a_digest_is_on_until_it_is_turned_off(database: Database) -> None:
    digests = SqlDigests(database)
    assert digests.is_on("C1")
    digests.turn("C1", False, "U1", START)
    assert [digests.is_on("C1"), digests.is_on("C2")] == [False, True]
    digests.turn("C1", True, "U1", at(1))
    assert digests.is_on("C1")


def test_digests_that_were_queued_are_a_channels_history(database: Database) -> None:
    digests = SqlDigests(database)
    for channel, slot, eol in (("C1", at(0), 3), ("C2", at(0), 9), ("C1", at(168), 2), ("C1", at(336), 1)):
        digests.queue(channel, slot, {"eol": eol}, slot)
    assert digests.queued("C1", at(1)) == ({"eol": 2}, {"eol": 1})
    assert digests.queued("C3", at(0)) == ()


def test_a_digest_is_queued_once_a_week_for_each_channel(database: Database) -> None:
    digests = SqlDigests(database)
    text: dict[str, object] = {"ended": ["XCP-ng 8.2"]}
    asked = [("C1", START), ("C1", START), ("C2", START), ("C1", at(168))]
    assert [digests.queue(channel, slot, text, START) for channel, slot in asked] == [True, False, True, True]
    with database.reading() as connection:
        rows = connection.execute(select(outbox.c.channel, outbox.c.kind, outbox.c.payload, outbox.c.state)).all()
    assert [tuple(row) for row in rows] == [(channel, "digest", text, "pending") for channel in ("C1", "C2", "C1")]
