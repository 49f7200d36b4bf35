"""Chat's limits: per person, per target, and free for whoever shares a probe that is under way."""

from bot.fleet.sources import A_PERSON, A_TARGET, Limits
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint, Target, TlsMode, Trust


def _named(name: str) -> Target:
    return Target(name, Endpoint("192.0.2.1", 443, Trust(TlsMode.CA)), "xocompat", lambda: "secret", "LAB_PASSWORD")


LAB = _named("lab")


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


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
