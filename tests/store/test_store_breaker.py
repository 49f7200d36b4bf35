"""The breaker: closed, open, and half open for one who tries."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from bot.store.breaker import PAUSE, SLOW, AwayError, CircuitBreaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(clock)


@pytest.fixture
def use(clock: Clock, breaker: CircuitBreaker) -> Callable[[float, str | None], bool]:
    """Uses it for so many seconds; what it fails with, if it does. Whether the use was let through."""

    def use(seconds: float, fault: str | None = None) -> bool:
        through = False
        with suppress(AwayError), breaker.guarding():
            through = True
            clock.now += seconds
            if fault:
                raise AwayError(fault)
        return through

    return use


Use = Callable[..., bool]


def test_what_fails_after_a_wait_keeps_others_from_waiting(clock: Clock, use: Use) -> None:
    assert use(SLOW, "it hangs")
    clock.now += PAUSE / 2
    assert not use(0)
    clock.now += PAUSE / 2
    assert use(SLOW, "it hangs")
    assert not use(0)
    clock.now += PAUSE
    assert use(0)
    assert use(0)


def test_what_fails_at_once_keeps_nobody_waiting(use: Use) -> None:
    assert use(SLOW / 2, "refused")
    assert use(SLOW / 2, "refused")


def test_while_one_tries_the_others_are_told_what_was_wrong(clock: Clock, breaker: CircuitBreaker, use: Use) -> None:
    assert use(SLOW, "it hangs")
    clock.now += PAUSE
    with breaker.guarding(), pytest.raises(AwayError, match="it hangs"), breaker.guarding():
        pass
    assert use(0)


def test_what_is_raised_within_says_nothing_of_the_database(clock: Clock, breaker: CircuitBreaker, use: Use) -> None:
    with suppress(ValueError), breaker.guarding():
        clock.now += SLOW
        raise ValueError("ours")
    assert use(0)
