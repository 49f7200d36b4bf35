"""What every chat platform must do (bot.chat.platform), held against each that there is."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.alerts.delivery.outcome import Delivered, Gone, Missing, NotSent, Outcome, Refused, Unknown
from bot.chat.command import Choice
from bot.chat.platform import Opening, Platform
from bot.chat.reply import Bullets, Reply, Strong, headline, line
from tests.alerts.delivery.weather import Fault
from tests.chat.platforms import FAULTY, GROUNDS, FaultyGround, Ground

ONE, TWO = Reply("test", line("One.")), Reply("test", line("Two."))
LONG = Reply("test", line("Long."), tuple(Bullets(tuple(line("x" * 80) for _ in range(40))) for _ in range(12)))


@pytest.fixture(params=GROUNDS)
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with GROUNDS[request.param]() as ground:
        yield ground


@pytest.fixture(params=FAULTY)
def faulty(request: pytest.FixtureRequest) -> Iterator[FaultyGround]:
    with FAULTY[request.param]() as ground:
        yield ground


@pytest.fixture
def platform(ground: Ground) -> Platform:
    return ground.platform


def _id(outcome: Outcome) -> str:
    assert isinstance(outcome, Delivered), outcome
    assert outcome.id is not None
    return outcome.id


def test_a_post_is_in_the_channel_for_everybody(ground: Ground, platform: Platform) -> None:
    message = _id(platform.post(ground.channel, ONE))
    assert ground.texts() == {message: "One."}
    assert ground.thread_of(message) is None
    assert ground.private() == []


def test_an_edit_takes_the_place_of_a_message(ground: Ground, platform: Platform) -> None:
    message = _id(platform.post(ground.channel, ONE))
    assert isinstance(platform.edit(ground.channel, message, TWO), Delivered)
    assert ground.texts() == {message: "Two."}


def test_a_reply_in_a_thread_stands_below_its_message(ground: Ground, platform: Platform) -> None:
    first = _id(platform.post(ground.channel, ONE))
    below = _id(platform.post(ground.channel, TWO, thread=first))
    assert ground.texts()[below] == "Two."
    assert ground.thread_of(below) == first


def test_a_message_is_found_by_its_key_where_it_was_posted_and_nowhere_else(ground: Ground, platform: Platform) -> None:
    now = datetime.now(UTC)
    first = _id(platform.post(ground.channel, ONE, key="key-1"))
    below = _id(platform.post(ground.channel, TWO, thread=first, key="key-2"))
    platform.post(ground.channel, ONE)
    assert platform.find("key-1", ground.channel, now) == Delivered(first)
    assert platform.find("key-2", ground.channel, now, thread=first) == Delivered(below)
    assert platform.find("key-2", ground.channel, now) == Missing()
    assert platform.find("key-3", ground.channel, now) == Missing()


def test_an_edited_message_is_still_found_by_its_key(ground: Ground, platform: Platform) -> None:
    message = _id(platform.post(ground.channel, ONE, key="key-1"))
    platform.edit(ground.channel, message, TWO)
    assert platform.find("key-1", ground.channel, datetime.now(UTC)) == Delivered(message)


def test_a_deleted_message_is_gone_for_edits_its_thread_and_look_ups(ground: Ground, platform: Platform) -> None:
    message = _id(platform.post(ground.channel, ONE, key="key-1"))
    ground.delete(message)
    assert isinstance(platform.edit(ground.channel, message, TWO), Gone)
    assert isinstance(platform.post(ground.channel, TWO, thread=message), Gone)
    assert platform.find("key-1", ground.channel, datetime.now(UTC)) == Missing()
    assert platform.find("key-2", ground.channel, datetime.now(UTC), thread=message) == Missing()


def test_a_channel_that_is_not_there_is_refused_with_what_to_do(ground: Ground, platform: Platform) -> None:
    refused = platform.post("C0NOWHERE", ONE, key="key-1")
    assert isinstance(refused, Refused)
    assert refused.code == "channel_not_found"
    assert "there is" in refused.remedy or "is not there" in refused.remedy
    assert ground.texts() == {}


def test_a_keyed_message_is_one_message_however_long_it_is(ground: Ground, platform: Platform) -> None:
    platform.post(ground.channel, LONG, key="key-1")
    assert len(ground.texts()) == 1


def test_a_private_reply_is_for_the_actor_alone(ground: Ground, platform: Platform) -> None:
    assert isinstance(platform.respond(ground.origin, ONE), Delivered)
    assert ground.private() == ["One."]
    assert ground.texts() == {}


def test_without_an_address_a_private_reply_still_finds_the_actor(ground: Ground, platform: Platform) -> None:
    assert isinstance(platform.respond(ground.origin._replace(address=None), ONE), Delivered)
    assert ground.private() == ["One."]


def test_an_answer_takes_the_place_of_what_was_said_first(ground: Ground, platform: Platform) -> None:
    opening = Opening("key-1", datetime.now(UTC), _id(platform.post(ground.channel, ONE, key="key-1")))
    assert isinstance(platform.answer(ground.origin, TWO, opening), Delivered)
    assert [*ground.texts().values()] == ["Two."]


def test_an_answer_finds_what_was_said_first_by_its_key(ground: Ground, platform: Platform) -> None:
    opening = Opening("key-1", datetime.now(UTC))
    platform.post(ground.channel, ONE, key="key-1")
    assert isinstance(platform.answer(ground.origin, TWO, opening), Delivered)
    assert [*ground.texts().values()] == ["Two."]


def test_an_answer_whose_opening_is_not_there_is_a_message_of_its_own(ground: Ground, platform: Platform) -> None:
    message = _id(platform.post(ground.channel, ONE, key="key-1"))
    ground.delete(message)
    for id in (message, None):
        assert isinstance(platform.answer(ground.origin, TWO, Opening("key-1", datetime.now(UTC), id)), Delivered)
    assert [*ground.texts().values()] == ["Two."] * 2


def test_what_one_message_of_an_answer_can_not_hold_stands_below_it(faulty: FaultyGround) -> None:
    first = _id(faulty.platform.post(faulty.channel, ONE, key="key-1"))
    opening = Opening("key-1", datetime.now(UTC), first)
    assert isinstance(faulty.platform.answer(faulty.origin, LONG, opening), Delivered)
    texts = faulty.texts()
    below = [message for message in texts if message != first]
    assert len(below) >= 2
    assert {texts[message] for message in texts} == {"Long."}
    assert {faulty.thread_of(message) for message in below} == {first}


def test_a_shared_reply_is_in_the_channel(ground: Ground, platform: Platform) -> None:
    assert isinstance(platform.share(ground.origin, ONE), Delivered)
    assert [*ground.texts().values()] == ["One."]
    assert ground.private() == []


def test_a_window_that_can_not_be_opened_is_said_and_nothing_raises(ground: Ground, platform: Platform) -> None:
    origin = ground.origin._replace(trigger=None)
    assert isinstance(platform.open_picker(origin, "probe", (Choice("lab-a"),)), NotSent)
    assert isinstance(platform.open_moment_picker(origin, "snooze 17", datetime.now(UTC)), NotSent)
    assert isinstance(platform.open_note(origin, "ack 17"), NotSent)


def test_the_person_there_is_a_member(ground: Ground, platform: Platform) -> None:
    assert platform.is_member(ground.origin.actor) is True
    assert platform.name


def test_of_a_group_that_nobody_knows_it_is_said_why(ground: Ground, platform: Platform) -> None:
    assert platform.in_group("S0000009", ground.origin.actor.user) is None
    assert platform.why_groups_unknown


def test_text_is_data_and_its_first_line_is_told_without_signs(ground: Ground, platform: Platform) -> None:
    message = _id(platform.post(ground.channel, Reply("test", headline(Strong("XCP-ng 8.3"), "full support"))))
    assert ground.texts()[message] == "XCP-ng 8.3: full support"


@pytest.mark.parametrize(
    ("fault", "is_there"),
    [(Fault.DROPPED_AFTER, True), (Fault.BROKEN_AFTER, True), (Fault.BROKEN_BEFORE, False), (Fault.GARBLED, True)],
)
def test_where_nobody_knows_the_outcome_says_so(faulty: FaultyGround, fault: Fault, is_there: bool) -> None:
    faulty.go_wrong(fault)
    assert isinstance(faulty.platform.post(faulty.channel, ONE, key="key-1"), Unknown)
    found = faulty.platform.find("key-1", faulty.channel, datetime.now(UTC))
    assert isinstance(found, Delivered if is_there else Missing)


def test_how_long_to_wait_is_in_the_outcome(faulty: FaultyGround) -> None:
    faulty.go_wrong(Fault.LIMITED)
    limited = faulty.platform.post(faulty.channel, ONE, key="key-1")
    assert isinstance(limited, NotSent)
    assert (limited.code, limited.retry_after) == ("ratelimited", 1.0)
    assert faulty.texts() == {}


def test_a_code_that_nobody_knows_certainly_did_not_get_there(faulty: FaultyGround) -> None:
    faulty.go_wrong(Fault.ODD)
    assert faulty.platform.post(faulty.channel, ONE) == NotSent(
        "unheard_of", f"{faulty.platform.name} answered unheard_of"
    )
