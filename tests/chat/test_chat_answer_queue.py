"""When an answer is tried again: its pauses, its time, what is looked up first, and what is sent unseen."""

from collections.abc import Iterable

from bot.alerts.delivery.outcome import Delivered, Lookup, Missing, NotSent, Outcome, Refused, Unknown, Unverifiable
from bot.chat.answer_queue import ANSWER_POLICY, BLIND, LOOK_UPS, TRIED_FOR, Pause, tries

DOUBT, AWAY, THERE = Unknown("the connection broke"), NotSent("", "it cannot be reached"), Delivered("1.1")


class Slow:
    """A platform that answers in this order, the last answer for ever; its clock passes with the pauses."""

    def __init__(self, outcomes: Iterable[Outcome], found: Iterable[Lookup] = ()) -> None:
        self._outcomes, self._found = [*outcomes], [*found]
        self.now = 0.0
        self.done: list[str] = []

    def send(self) -> Outcome:
        self.done.append("send")
        return self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]

    def look_up(self) -> Lookup:
        self.done.append("look up")
        return self._found.pop(0) if len(self._found) > 1 else self._found[0]

    def run(self, looks: bool = False, blind: int | None = None) -> tuple[Outcome, list[float]]:
        """What became of it, and the pauses."""
        pauses: list[float] = []
        sending = tries(self.send, self.look_up if looks else None, blind, clock=lambda: self.now)
        while True:
            try:
                pause: Pause = next(sending)
            except StopIteration as ended:
                return ended.value, pauses
            pauses.append(pause.seconds)
            self.now += pause.seconds


def test_what_works_is_sent_once() -> None:
    slow = Slow([THERE])
    assert slow.run() == (THERE, [])
    assert slow.done == ["send"]


def test_what_does_not_pass_is_not_tried_again() -> None:
    for outcome in (Refused("not_in_channel", "invite it"), NotSent("unheard_of", "Slack answered unheard_of")):
        slow = Slow([outcome, THERE])
        assert slow.run() == (outcome, [])


def test_pauses_grow_from_try_to_try() -> None:
    assert Slow([AWAY] * 7 + [THERE]).run() == (THERE, [1, 2, 4, 8, 16, 30, 30])


def test_a_wait_that_the_platform_names_is_kept() -> None:
    assert Slow([NotSent("ratelimited", "", 300.0), AWAY, THERE]).run() == (THERE, [300, 2])
    assert Slow([NotSent("ratelimited", "", 0.0), THERE]).run() == (THERE, [ANSWER_POLICY.pause])


def test_a_wait_beyond_its_time_ends_it_at_once() -> None:
    limited = NotSent("ratelimited", "", 3600.0)
    assert Slow([limited]).run() == (limited, [])


def test_it_ends_within_its_time() -> None:
    outcome, pauses = Slow([AWAY]).run()
    assert outcome == AWAY
    assert TRIED_FOR - ANSWER_POLICY.longest <= sum(pauses) <= TRIED_FOR


def test_what_may_be_there_is_looked_up_before_it_is_sent_again() -> None:
    slow = Slow([DOUBT], [THERE])
    assert slow.run(looks=True)[0] == THERE
    assert slow.done == ["send", "look up"]
    slow = Slow([DOUBT, THERE], [Missing()])
    assert slow.run(looks=True)[0] == THERE
    assert slow.done == ["send", "look up", "send"]
    slow = Slow([DOUBT, THERE], [Unverifiable("missing_scope")])
    assert slow.run(looks=True)[0] == THERE


def test_what_is_certainly_not_there_is_sent_again_at_once() -> None:
    slow = Slow([AWAY, THERE], [Missing()])
    assert slow.run(looks=True)[0] == THERE
    assert slow.done == ["send", "send"]


def test_a_look_up_that_fails_is_made_again_and_not_for_ever() -> None:
    slow = Slow([DOUBT, THERE], [NotSent("ratelimited", "", 60.0)])
    assert slow.run(looks=True) == (THERE, [1, 60, 60, 60])
    assert slow.done == ["send", *["look up"] * LOOK_UPS, "send"]


def test_what_nobody_can_look_up_is_sent_in_doubt_only_so_often() -> None:
    slow = Slow([DOUBT])
    assert slow.run(blind=BLIND)[0] == DOUBT
    assert slow.done == ["send"] * BLIND
    slow = Slow([AWAY] * 9 + [THERE])
    assert slow.run(blind=BLIND)[0] == THERE
