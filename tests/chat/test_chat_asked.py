"""What a platform was asked: once for a while, and again soon where it gave no answer."""

import pytest

from bot.chat.asked import AGAIN, KEPT, AskedAnswers


class Asked:
    """A question, how often it was asked, and the clock."""

    def __init__(self, answer: str | None) -> None:
        self.now, self.times, self.answer = 0.0, 0, answer
        self.answers = AskedAnswers(lambda: self.now)

    def ask(self) -> str | None:
        self.times += 1
        return self.answer

    def at(self, now: float) -> tuple[str | None, int]:
        self.now = now
        return self.answers.get("key", self.ask), self.times


def test_an_answer_is_kept_for_a_while() -> None:
    asked = Asked("yes")
    assert asked.at(0) == asked.at(KEPT - 1) == ("yes", 1)
    assert asked.at(KEPT) == ("yes", 2)


def test_what_had_no_answer_is_asked_again_soon() -> None:
    asked = Asked(None)
    assert asked.at(0) == asked.at(AGAIN - 1) == (None, 1)
    assert asked.at(AGAIN) == (None, 2)


def test_what_became_known_is_not_asked_and_what_did_not_hold_is() -> None:
    asked = Asked("asked")
    asked.answers.note("key", "noted")
    assert asked.at(1) == ("noted", 0)
    asked.answers.forget("key")
    assert asked.at(2) == ("asked", 1)


def test_a_question_that_fails_is_not_remembered() -> None:
    asked = Asked("yes")

    def fail() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        asked.answers.get("key", fail)
    assert asked.at(0) == ("yes", 1)
