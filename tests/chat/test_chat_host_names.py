"""Finding a host by a part of its name reads the fleet once in some seconds, and shows nothing that is older."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from bot.chat import host_names
from bot.chat.command import Ports, Right
from bot.chat.commands import FLEET
from bot.chat.host_names import FRESH, HostNames, KnownName
from bot.chat.runner import CommandRunner
from bot.chat.scope import scoped
from bot.errors import UnavailableError
from bot.fleet.hosts import SourceState, WatchedHost
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from tests.chat.fleet import NOON, SOURCES, fleet, ports
from tests.fleet.fakes import answered, host

ALL = frozenset(Right)


class Finder:
    """Types into the field. `reads` counts how often the fleet was read."""

    def __init__(self, matrix: Matrix, reader: Reader) -> None:
        self.now, self.reads = 0.0, 0
        self.day = NOON.date()
        self.store, sweeps = fleet()
        known = ports(matrix, reader, (self.store, sweeps))
        assert known.watched
        self.ports: Ports = known._replace(
            watched=known.watched._replace(store=self, names=HostNames(lambda: self.now))
        )

    def hosts(self) -> tuple[WatchedHost, ...]:
        self.reads += 1
        return self.store.hosts()

    def sources(self) -> tuple[SourceState, ...]:
        return self.store.sources()

    def typed(self, text: str) -> list[str]:
        found = CommandRunner(self.ports, lambda: self.day).choices(FLEET, ALL, text)
        return [choice.word for choice in found]


@pytest.fixture
def finder(matrix: Matrix, reader: Reader) -> Finder:
    return Finder(matrix, reader)


def test_what_is_typed_letter_by_letter_reads_the_fleet_once(finder: Finder) -> None:
    assert finder.typed("xe") == ["xen-1", "xen-11", "xen-12", "xen-2"]
    assert finder.typed("XEN-1") == ["xen-1", "xen-11", "xen-12"]
    assert finder.typed("xen-12") == ["xen-12"]
    assert finder.typed("lab") == ["lab pool"]
    assert finder.typed("nothing") == []
    assert finder.reads == 1


def test_a_name_that_is_new_is_found_some_seconds_later_and_one_that_is_gone_no_more(finder: Finder) -> None:
    assert finder.typed("xen-3") == []
    later = NOON + timedelta(hours=1)
    finder.store.record((answered(SOURCES[0], later, host("xen-3"), pool="lab pool"),), later)
    assert finder.typed("xen-3") == []
    finder.now += FRESH
    assert finder.typed("xen-3") == ["xen-3"]
    assert finder.reads == 2


def test_another_day_is_read_anew(finder: Finder) -> None:
    finder.typed("xen")
    finder.day = date(2028, 12, 1)
    finder.typed("xen")
    assert finder.reads == 2


def test_many_who_type_at_once_share_one_reading() -> None:
    names, together, read = HostNames(lambda: 0.0), Barrier(8), list[bool]()

    def reading() -> Sequence[KnownName]:
        read.append(True)
        return (KnownName("xen-1", "xen-1"),)

    def type_() -> Sequence[KnownName]:
        together.wait(10)
        return names.of("key", reading)

    with ThreadPoolExecutor(8) as pool:
        found = [each.result() for each in [pool.submit(type_) for _ in range(8)]]
    assert len({id(each) for each in found}) == len(read) == 1


def test_what_could_not_be_read_is_tried_again() -> None:
    names = HostNames(lambda: 0.0)

    def away() -> Sequence[KnownName]:
        raise UnavailableError("the database is away")

    with pytest.raises(UnavailableError):
        names.of("key", away)
    assert names.of("key", tuple) == ()


def test_more_names_than_are_remembered_are_read_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_names, "NAMES_MAX", 1)
    names, read = HostNames(lambda: 0.0), list[bool]()

    def reading() -> Sequence[KnownName]:
        read.append(True)
        return (KnownName("a", "a"), KnownName("b", "b"))

    for _ in range(3):
        names.of("key", reading)
    assert len(read) == 3


def test_a_channels_part_of_the_fleet_gets_no_names_of_the_whole(finder: Finder) -> None:
    finder.typed("xen")
    part = scoped(finder.ports, "C0000OTHER")
    assert CommandRunner(part, lambda: finder.day).choices(FLEET, ALL, "xen") == ()
