"""One probe at a time for a target, a pause after refused logins, and chat's limits for people and targets."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.fleet.sources import A_PERSON, A_TARGET, PAUSE, REFUSALS, Limit, Limits, Probing, Recent
from bot.xapi.observation import Failure, FailureCode, Probed
from bot.xapi.target import Endpoint, Target, TlsMode, Trust


def _named(name: str) -> Target:
    return Target(name, Endpoint("192.0.2.1", 443, Trust(TlsMode.CA)), "xocompat", lambda: "secret", "LAB_PASSWORD")


LAB = _named("lab")
REFUSED = Failure("lab", FailureCode.LOGIN_REFUSED, "refused")
AWAY = Failure("lab", FailureCode.UNREACHABLE, "away")


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_ten_that_ask_at_once_get_the_answer_of_one_probe() -> None:
    # The clock is read under the lock by everybody who asks, so it knows when all ten have come.
    arrived, may_end, asked = threading.Semaphore(0), threading.Event(), list[Target]()

    def clock() -> float:
        arrived.release()
        return 0.0

    def ask(target: Target) -> Probed:
        asked.append(target)
        assert may_end.wait(10)
        return AWAY

    probing = Probing(ask, clock)
    with ThreadPoolExecutor(10) as pool:
        answers = [pool.submit(probing.probe, LAB) for _ in range(10)]
        assert all(arrived.acquire(timeout=10) for _ in answers)
        may_end.set()
        assert {answer.result(10) for answer in answers} == {AWAY}
    assert asked == [LAB]


def test_after_three_refused_logins_a_target_pauses_and_says_so() -> None:
    clock, asked = Clock(), list[Target]()

    def ask(target: Target) -> Probed:
        asked.append(target)
        return REFUSED

    probing = Probing(ask, clock)
    for _ in range(REFUSALS):
        assert probing.probe(LAB) is REFUSED
    paused = probing.probe(LAB)
    assert isinstance(paused, Failure)
    assert paused.code is FailureCode.LOGIN_REFUSED
    assert "LAB_PASSWORD" in paused.message
    assert "in 10 minutes" in paused.message
    assert len(asked) == REFUSALS
    clock.now = PAUSE
    assert probing.probe(LAB) is REFUSED


def test_other_failures_do_not_pause_a_target() -> None:
    probing = Probing(lambda _: AWAY, Clock())
    assert {probing.probe(LAB) for _ in range(10)} == {AWAY}


def test_a_probe_that_breaks_fails_for_its_asker_and_leaves_nothing_behind() -> None:
    answers: Iterator[Probed | Exception] = iter([ZeroDivisionError(), AWAY])

    def ask(_: Target) -> Probed:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    probing = Probing(ask, Clock())
    with pytest.raises(ZeroDivisionError):
        probing.probe(LAB)
    assert probing.probe(LAB) is AWAY


def test_a_limit_counts_only_what_happened_lately() -> None:
    recent = Recent(Limit(2, 10.0))
    recent.add("a", 0.0)
    recent.add("a", 5.0)
    assert recent.free_in("a", 9.5) == 0.5
    assert recent.free_in("a", 9.9) > 0
    assert recent.free_in("a", 10.0) == 0
    assert recent.free_in("b", 9.9) == 0


def test_a_person_may_have_ten_probes_a_minute_whatever_the_targets() -> None:
    clock = Clock()
    limits = Limits(clock)
    for at in range(A_PERSON.times):
        assert limits.guard("U1", _named(f"lab-{at}"))(False) is None
    kept_out = limits.guard("U1", _named("lab-x"))(False)
    assert isinstance(kept_out, Failure)
    assert kept_out.code is FailureCode.BUSY
    assert "10 times within a minute" in kept_out.message
    assert kept_out.message.endswith("Ask again in 60 seconds.")
    assert limits.guard("U2", _named("lab-x"))(False) is None
    clock.now = 60.0
    assert limits.guard("U1", LAB)(False) is None


def test_a_target_is_asked_six_times_a_minute_whoever_asks() -> None:
    clock = Clock()
    limits = Limits(clock)
    for at in range(A_TARGET.times):
        clock.now = float(at)
        assert limits.guard(f"U{at}", LAB)(False) is None
    kept_out = limits.guard("U9", LAB)(False)
    assert isinstance(kept_out, Failure)
    assert kept_out.message == "lab was asked 6 times within a minute, the most that chat may. Ask again in 55 seconds."


def test_who_shares_a_probe_that_is_under_way_costs_its_target_nothing() -> None:
    limits = Limits(Clock())
    for at in range(3 * A_TARGET.times):
        assert limits.guard(f"U{at}", LAB)(True) is None
    assert limits.guard("U99", LAB)(False) is None


def test_who_is_kept_out_is_not_counted() -> None:
    clock = Clock()
    limits = Limits(clock)
    for _ in range(3):
        for _ in range(A_PERSON.times):
            limits.guard("U1", LAB)(True)
        assert limits.guard("U1", LAB)(True) is not None
        clock.now += 60.0
