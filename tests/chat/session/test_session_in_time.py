"""Work that may hang: its result comes in time to who waits, or later, and once in any case."""

import threading
from collections.abc import Iterator

import pytest

from bot.chat.session.executor import BoundedExecutor, InTime, Untold


@pytest.fixture
def executor() -> Iterator[BoundedExecutor]:
    made = BoundedExecutor(2, 1)
    yield made
    assert made.drain(10)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What hangs until it is opened; opened at the end in any case."""
    made = threading.Event()
    yield made
    made.set()


class Late:
    """What came later."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.errors: list[BaseException] = []

    def get(self, in_time: InTime, gate: threading.Event | None = None, error: BaseException | None = None) -> object:
        def work() -> str:
            assert gate is None or gate.wait(10)
            if error:
                raise error
            return "found"

        return in_time.get(work, self.found.append, self.errors.append)


def test_what_comes_in_time_is_given_to_who_waits(executor: BoundedExecutor) -> None:
    late = Late()
    assert late.get(InTime(executor, 10)) == "found"
    with pytest.raises(ValueError, match="broken"):
        late.get(InTime(executor, 10), error=ValueError("broken"))
    assert executor.wait_until_idle(10)
    assert (late.found, late.errors) == ([], [])


def test_what_is_late_comes_once(executor: BoundedExecutor, gate: threading.Event) -> None:
    late, in_time = Late(), InTime(executor, 0.01)
    assert late.get(in_time, gate) is Untold.LATE
    assert late.get(in_time, gate, ValueError("broken")) is Untold.LATE
    gate.set()
    assert executor.wait_until_idle(10)
    assert (late.found, [str(error) for error in late.errors]) == (["found"], ["broken"])


def test_more_than_there_is_place_for_is_not_begun(executor: BoundedExecutor, gate: threading.Event) -> None:
    late, in_time = Late(), InTime(executor, 0.01)
    assert [late.get(in_time, gate) for _ in range(4)] == [Untold.LATE] * 3 + [Untold.BUSY]


def test_after_a_wait_in_vain_nobody_waits_until_something_is_quick(
    executor: BoundedExecutor, gate: threading.Event
) -> None:
    late, in_time = Late(), InTime(executor, 0.01)
    assert late.get(in_time, gate) is Untold.LATE
    patient = InTime(executor, 60)
    patient._is_slow = in_time._is_slow
    assert late.get(patient, gate) is Untold.LATE  # at once: a minute is longer than a test may take
    gate.set()
    assert executor.wait_until_idle(10)
    assert late.get(patient) == "found"
