"""Whether a clock can be believed: servers' word first, else jumps against the clock that nobody sets."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.clock_check import ClockCheck

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
DAY = timedelta(days=1)


class Machine:
    """A machine with a clock that can be set, and one that cannot."""

    def __init__(self) -> None:
        self.wall, self.seconds = NOW, 1000.0
        self.said: list[str | None] = []
        self.check = ClockCheck(lambda: self.wall, lambda: self.seconds, self.said.append)

    def pass_by(self, time: timedelta) -> None:
        self.wall += time
        self.seconds += time.total_seconds()


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_clock_that_runs_is_believed_for_years(machine: Machine) -> None:
    for _ in range(50):
        machine.pass_by(30 * DAY)
        assert machine.check.doubt() is None


@pytest.mark.parametrize(
    ("jump", "words"),
    [(3 * DAY, "set forward by 3 days"), (-700 * DAY, "set back by 700 days"), (1.2 * DAY, "by 1 day")],
)
def test_a_clock_that_jumps_by_more_than_a_day_is_in_doubt_where_no_server_answers(
    machine: Machine, jump: timedelta, words: str
) -> None:
    machine.pass_by(DAY)
    machine.wall += jump
    doubt = machine.check.doubt()
    assert doubt
    assert words in doubt
    machine.wall -= jump
    assert machine.check.doubt() is None


@pytest.mark.parametrize("jump", [DAY, -DAY, timedelta(hours=5)])
def test_a_day_is_no_doubt(machine: Machine, jump: timedelta) -> None:
    machine.wall += jump
    assert machine.check.doubt() is None


def test_a_server_that_says_another_day_is_doubt_from_the_start(machine: Machine) -> None:
    machine.check.observe(NOW - 800 * DAY)
    assert machine.check.doubt() == "this machine's clock is 800 days ahead of what servers say"
    machine.wall -= 800 * DAY  # somebody mends it
    assert machine.check.doubt() is None


def test_what_a_server_said_counts_on_while_none_answers(machine: Machine) -> None:
    machine.check.observe(NOW)
    machine.pass_by(40 * DAY)
    assert machine.check.doubt() is None
    machine.wall -= 40 * DAY
    assert machine.check.doubt() == "this machine's clock is 40 days behind what servers say"


def test_a_server_that_agrees_wins_over_a_jump(machine: Machine) -> None:
    machine.wall += 31 * DAY
    assert machine.check.doubt()
    machine.check.observe(machine.wall)
    assert machine.check.doubt() is None


def test_one_server_with_a_wrong_clock_is_not_believed_against_another(machine: Machine) -> None:
    machine.check.observe(NOW)
    machine.check.observe(NOW + 99 * DAY)
    assert machine.check.doubt() is None
    machine.wall += 50 * DAY
    assert machine.check.doubt()


def test_the_beginning_and_the_end_of_doubt_are_said_once(machine: Machine) -> None:
    for _ in range(3):
        assert machine.check.doubt() is None
    machine.wall += 3 * DAY
    reasons = {machine.check.doubt() for _ in range(3)}
    machine.wall -= 3 * DAY
    machine.check.doubt()
    assert machine.said == [*reasons, None]


def test_it_is_for_any_thread() -> None:
    machine = Machine()
    machine.wall += 3 * DAY

    def judge() -> None:
        for _ in range(200):
            machine.check.doubt()

    threads = [threading.Thread(target=judge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(machine.said) == 1
