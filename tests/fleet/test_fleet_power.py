"""Hosts that are off: whichever source says so, and whatever it said before, they are known with their last version."""

from datetime import datetime

import pytest

from bot.fleet.hosts import PollResult, Source
from bot.fleet.reconcile import AHEAD
from bot.xapi.observation import Power
from tests.fleet.book import Book
from tests.fleet.fleets import LAB, PROD, XO, answered, at, failed, host, pool

ON, OFF, UNKNOWN = Power.RUNNING, Power.HALTED, Power.UNKNOWN
Said = tuple[Source, Power | None, str] | tuple[Source]


def _result(said: Said, hour: float) -> PollResult:
    source, *more = said
    if not more:
        return failed(source, when=at(hour))
    power, version = more
    members = host("a", power=ON), host("b", version, power=power)
    return answered(source, pool("p", *members, when=at(hour)))


@pytest.mark.parametrize(
    ("history", "power", "down", "observed", "version"),
    [
        # at first sight, by either kind of source, and for as long as it stays so
        ([(XO, OFF, "8.2.1")], OFF, 0, 0, "8.2.1"),
        ([(LAB, OFF, "8.2.1")], OFF, 0, 0, "8.2.1"),
        ([(XO, OFF, "8.2.1"), (XO, OFF, "8.2.1"), (XO, OFF, "8.2.1")], OFF, 0, 0, "8.2.1"),
        # seen to run before, and again
        ([(LAB, ON, "8.2.1"), (LAB, OFF, "8.2.1"), (LAB, OFF, "8.2.1")], OFF, 1, 1, "8.2.1"),
        ([(LAB, OFF, "8.2.1"), (LAB, ON, "8.3.0")], ON, None, 1, "8.3.0"),
        ([(XO, OFF, "8.2.1"), (XO, ON, "8.2.1"), (XO, OFF, "8.2.1")], OFF, 2, 2, "8.2.1"),
        # several sources: the newest word, and no old version by it
        ([(LAB, ON, "8.3.0"), (XO, OFF, "8.2.1")], OFF, 1, 1, "8.3.0"),
        ([(XO, OFF, "8.2.1"), (LAB, ON, "8.3.0")], ON, None, 1, "8.3.0"),
        ([(XO, OFF, "8.2.1"), (LAB, None, "8.2.1")], OFF, 0, 0, "8.2.1"),
        ([(LAB, OFF, "8.2.1"), (PROD, ON, "8.3.0")], ON, None, 1, "8.3.0"),
        # one that cannot tell, and one that does not say
        ([(XO, UNKNOWN, "8.2.1")], UNKNOWN, 0, 0, "8.2.1"),
        ([(XO, OFF, "8.2.1"), (XO, UNKNOWN, "8.2.1")], UNKNOWN, 0, 0, "8.2.1"),
        ([(LAB, None, "8.2.1")], UNKNOWN, None, 0, "8.2.1"),
        ([(LAB, ON, "8.2.1"), (XO, UNKNOWN, "8.2.1")], ON, None, 0, "8.2.1"),
        ([(XO, UNKNOWN, "8.2.1"), (LAB, OFF, "8.2.1"), (XO, UNKNOWN, "8.2.1")], OFF, 1, 1, "8.2.1"),
        # nobody answers any more
        ([(XO, OFF, "8.2.1"), (XO,)], UNKNOWN, 0, 0, "8.2.1"),
        ([(LAB, ON, "8.2.1"), (LAB,)], UNKNOWN, None, 0, "8.2.1"),
        ([(LAB, ON, "8.2.1"), (XO, OFF, "8.2.1"), (LAB,)], OFF, 1, 1, "8.2.1"),
    ],
)
def test_a_host_that_is_off_stays_known_with_what_it_ran_last(
    history: list[Said], power: Power, down: int | None, observed: int, version: str
) -> None:
    book = Book()
    for hour, said in enumerate(history):
        book.record_late(_result(said, hour), now=at(hour))
    watched = book.hosts["uuid-b"].watched(None)
    assert (watched.power, watched.down_since) == (power, None if down is None else at(down))
    assert (watched.observed_at, watched.host.product_version) == (at(observed), version)
    assert watched.is_off == (power is OFF)
    assert watched.is_reachable == (down is None and len(history[-1]) > 1)
    assert book.hosts.keys() == {"uuid-a", "uuid-b"}


def test_a_host_that_a_xen_orchestra_had_lost_is_off_since_then() -> None:
    book = Book()
    whole, part = pool("p", host("a"), host("b")), pool("p", host("a"))
    book.record(answered(XO, whole))
    book.record(answered(XO, part), when=at(1))
    book.record(answered(XO, pool("p", host("a"), host("b", power=OFF))), when=at(2))
    assert book.hosts["uuid-b"].down_since == at(1)


def test_a_moment_that_a_wrong_clock_wrote_is_mended() -> None:
    def off(when: datetime) -> PollResult:
        return answered(XO, pool("p", host("b", power=OFF), when=when))

    book = Book()
    book.record_late(off(at(100)), now=at(100))
    book.record_late(off(at(1)), now=at(1))
    assert book.hosts["uuid-b"].down_since == at(1) - AHEAD
