"""Alerts in Mattermost: one post that is edited in place, with its thread; found again, and never doubled."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.delivery.outcome import (
    Delivered,
    EditClosed,
    Gone,
    Missing,
    NotSent,
    Refused,
    Unknown,
    Unverifiable,
    looked_up,
)
from bot.app.schedule import queue_digests
from bot.chat.platform import Actor, Origin
from bot.chat.reply import (
    Act,
    Ask,
    Bullets,
    ChannelName,
    Code,
    Column,
    ColumnKind,
    Link,
    Paragraph,
    PersonName,
    Plain,
    Reply,
    Strong,
    Table,
    Typed,
    columns,
    line,
)
from bot.mattermost.client import MattermostClient
from bot.mattermost.directory import POST_MAX
from bot.mattermost.errors import MattermostError, outcome_of
from bot.mattermost.posts import Pen, PostPlace
from bot.web.seals import Seals
from tests.app.conftest import House
from tests.chat.platforms import mattermost_at
from tests.mattermost.conftest import CHANNEL, Crew, Side
from tests.mattermost.faults import Fault
from tests.mattermost.state import Post

ONE, TWO = Reply("test", line("One.")), Reply("test", line("Two."))


def _told(people: Crew) -> list[Post]:
    """The posts of one alert."""
    return [each for each in _roots(people) if "XCP-ng 8.2" in each.message and each.actions]


def _roots(people: Crew) -> list[Post]:
    return [each for each in people.server.posts(people.ops) if not each.root_id]


def test_an_alerts_life_is_one_post_and_its_thread(side: Side, people: Crew, house: House) -> None:
    side.deliver()
    before = _roots(people)
    (alert,) = _told(people)
    number = next(each.id for each in house.open(CHANNEL) if each.subject.name == "XCP-ng 8.2 LTS")
    people.answered(f"ack {number}: waiting for new hardware")
    side.deliver()
    now = people.server.post(alert.id)
    assert now
    assert "waiting for new hardware" in now.message
    assert now.actions
    assert now.props["xocompat"] == alert.props["xocompat"]
    assert [each.id for each in _roots(people)] == [each.id for each in before]
    assert any("waiting for new hardware" in each.message for each in people.server.posts(people.ops, alert))


def test_what_may_not_be_edited_any_more_is_posted_anew_and_says_so(side: Side, people: Crew, house: House) -> None:
    side.deliver()
    (alert,) = _told(people)
    people.server.config.post_edit_time_limit = 60
    people.server.pass_time(3600)
    number = next(each.id for each in house.open(CHANNEL) if each.subject.name == "XCP-ng 8.2 LTS")
    people.answered(f"ack {number}")
    side.deliver()
    old, new = _told(people)
    assert old.id == alert.id
    assert "acknowledged by @ann" in new.message
    assert f"Replaces [an earlier message]({people.server.url}/_redirect/pl/{old.id})" in new.message
    people.answered(f"ack {number}: a note")
    side.deliver()
    latest = people.server.post(new.id)
    assert latest
    assert "a note" in latest.message


def test_of_two_that_may_not_be_edited_each_says_which_it_replaces(side: Side, people: Crew, house: House) -> None:
    side.deliver()
    before = {post.id: post.message for post in _roots(people) if post.actions}
    assert len(before) >= 2
    people.server.config.post_edit_time_limit = 60
    people.server.pass_time(3600)
    for alert in house.open(CHANNEL):
        people.answered(f"ack {alert.id}")
    side.deliver()
    after = [post for post in _roots(people) if post.actions and post.id not in before]
    assert len(after) == len(before)
    for post in after:
        (old,) = re.findall(r"Replaces \[an earlier message\]\(\S+/pl/(\w+)\)", post.message)
        assert before.pop(old).splitlines()[0][:20] == post.message.splitlines()[0][:20]
    assert not before


def test_a_deleted_alert_is_posted_anew(side: Side, people: Crew, house: House) -> None:
    side.deliver()
    (alert,) = _told(people)
    people.server.delete(alert)
    number = next(each.id for each in house.open(CHANNEL) if each.subject.name == "XCP-ng 8.2 LTS")
    people.answered(f"ack {number}")
    side.deliver()
    (new,) = _told(people)
    assert "acknowledged" in new.message


def test_the_same_key_makes_one_post_within_half_a_minute_and_is_found_after_it(people: Crew) -> None:
    platform = mattermost_at(people.server)
    people.server.fail("POST /posts", Fault(done=True))
    assert isinstance(platform.post(CHANNEL, ONE, key="k"), Unknown)
    again = platform.post(CHANNEL, ONE, key="k")
    assert isinstance(again, Delivered)
    assert len(_roots(people)) == 1
    people.server.restart()
    assert platform.find("k", CHANNEL, datetime.now(UTC)) == again


def test_a_digest_is_one_post_a_week_with_its_numbers(side: Side, people: Crew, house: House) -> None:
    side.deliver()
    before = [each.id for each in _roots(people)]
    for _ in range(2):  # the same week's
        queue_digests(house.watched, house.clock(), house.clock())
    side.deliver()
    (digest,) = [each for each in _roots(people) if each.id not in before]
    assert "3 hosts" in digest.message
    assert "XCP-ng 8.2" in digest.message
    people.answered("digest off")
    house.clock.pass_by(7)
    queue_digests(house.watched, house.clock(), house.clock())
    side.deliver()
    assert len(_roots(people)) == len(before) + 1


def test_what_a_server_takes_less_of_is_cut_to_that(people: Crew) -> None:
    people.server.config.max_post_size = 4_000
    platform, long = mattermost_at(people.server), tuple(Paragraph((line("x" * 90),)) for _ in range(150))
    assert isinstance(platform.post(CHANNEL, Reply("test", line("Long."), long), key="k"), Delivered)
    answer = platform.answer(Origin(Actor("mattermost:ann", "mattermost", CHANNEL)), Reply("test", line("L"), long))
    assert isinstance(answer, Delivered)
    posts = people.server.posts(people.ops)
    assert len(posts) == 1 + 4
    assert all(3_000 < len(each.message) <= 4_000 for each in posts[:-1])
    assert "more lines are not shown" in posts[0].message


def test_another_clock_and_another_persons_copy_of_the_key_do_not_matter(people: Crew) -> None:
    people.server.pass_time(7200)
    platform = mattermost_at(people.server)
    people.server.say(people.bob, people.ops, "mine", props={"xocompat": {"key": "k"}})
    assert platform.find("k", CHANNEL, datetime.now(UTC)) == Missing()
    posted = platform.post(CHANNEL, ONE, key="k")
    assert platform.find("k", CHANNEL, datetime.now(UTC)) == posted


def test_a_busy_channel_is_looked_through_page_by_page(people: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.mattermost.platform.PAGE", 3)
    platform, began = mattermost_at(people.server), datetime.now(UTC)
    posted = platform.post(CHANNEL, ONE, key="k")
    for at in range(10):
        people.server.say(people.bob, people.ops, f"chatter {at}")
    assert platform.find("k", CHANNEL, began) == posted
    assert platform.find("other", CHANNEL, began) == Missing()
    assert len(people.server.requested("GET /channels/{channel_id}/posts")) == 4 + 4
    people.server.pass_time(3600)
    people.server.say(people.bob, people.ops, "later")
    asked = len(people.server.requested("GET /channels/{channel_id}/posts"))
    assert platform.find("other", CHANNEL, began + timedelta(hours=1)) == Missing()  # nothing older is asked for
    assert len(people.server.requested("GET /channels/{channel_id}/posts")) == asked + 1


def test_a_channel_too_busy_to_be_looked_through_is_no_proof(people: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.mattermost.platform.PAGE", 1)
    monkeypatch.setattr("bot.mattermost.platform.PAGES_MAX", 3)
    for _ in range(4):
        people.server.say(people.bob, people.ops, "chatter")
    platform = mattermost_at(people.server)
    assert platform.find("k", CHANNEL, datetime.now(UTC)) == Unverifiable("too_many_messages")


def test_nobody_elses_post_is_edited(people: Crew) -> None:
    said = people.server.say(people.bob, people.ops, "mine", props={"xocompat": {"key": "k"}})
    platform = mattermost_at(people.server)
    assert platform.edit(CHANNEL, said.id, TWO) == Gone("message_not_found")


def test_what_stops_a_channel_says_what_to_do(people: Crew) -> None:
    platform = mattermost_at(people.server)
    people.server.archive(people.ops)
    archived = platform.post(CHANNEL, ONE, key="k")
    assert isinstance(archived, Refused)
    assert "archived" in archived.remedy
    people.server.archive(people.ops, archived=False)
    people.server.leave(people.server.bot, people.ops)
    outside = platform.post(CHANNEL, ONE, key="k")
    assert isinstance(outside, Refused)
    assert "/invite" in outside.remedy
    people.server.revoke(people.server.token)
    revoked = platform.post(CHANNEL, ONE, key="k")
    assert isinstance(revoked, Refused)
    assert "token" in revoked.remedy
    assert people.server.token not in repr(revoked)


def test_a_server_that_is_away_was_certainly_not_told(people: Crew) -> None:
    platform = mattermost_at(people.server)
    platform.post(CHANNEL, ONE)
    people.server.stop()
    assert isinstance(platform.post(CHANNEL, ONE, key="k"), NotSent | Unknown)
    fresh = MattermostClient(people.server.url, "a-token-nobody-may-see", timeout=1)
    with pytest.raises(MattermostError) as raised:
        fresh.get("/users/me")
    assert outcome_of(raised.value) == NotSent("", raised.value.text)
    assert "a-token" not in repr(raised.value)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (MattermostError("x", "api.post.deduplicate_create_post.pending", 500), Unknown("x")),
        (MattermostError("x", "api.post.update_post.permissions_time_limit.app_error", 400), EditClosed),
        (MattermostError("x", "api.post.create_post.root_id.app_error", 400), Gone),
        (MattermostError("x", "app.post.get.app_error", 404), Gone),
        (MattermostError("x", "api.context.session_expired.app_error", 401), Refused),
        (MattermostError("x", "", 200), Unknown("x")),
        (MattermostError("x", "model.post.is_valid.message_length.app_error", 400), NotSent),
    ],
)
def test_what_an_error_means_is_decided_on_its_id(error: MattermostError, outcome: object) -> None:
    found = outcome_of(error)
    assert found == outcome if isinstance(outcome, tuple) else isinstance(found, outcome)  # type: ignore[arg-type]
    assert looked_up(outcome_of(MattermostError("x", "app.post.get.app_error", 404))) == Missing()


PEN = Pen(Seals("t", "test", lambda: 0.0), "https://bot.example.org", "/xocompat")
MARKDOWN = PEN.markdown


def test_text_is_data() -> None:
    said = "@all ~lab #tag *b* _i_ xo_server `c` [x](http://y) a|b :smile: www.x.org $1"
    drawn = MARKDOWN.line(line(said))
    for live in ("@all", "~lab", " #tag", " *b*", " _i_", "[x]", ":smile:", "http://", "www.x"):
        assert live not in drawn, live
    assert "xo_server" in drawn
    assert drawn.replace("\\", "").replace("\u200b", "") == said
    assert MARKDOWN.line(line("1. first")) == "1\\. first"
    assert MARKDOWN.line(line("> quoted")) == "\\> quoted"
    assert MARKDOWN.line(line(Code("a `b` c"))) == "`` a `b` c ``"
    assert MARKDOWN.line(line(Link("x", "https://a.org/(b)"))) == "x"


def test_nobody_elses_ids_are_shown() -> None:
    spans = line(PersonName("mattermost:ann"), " ", PersonName("U0123456789"), " ", ChannelName("C0123456789"), " ")
    shown = MARKDOWN.line((*spans, ChannelName("mattermost:lab/ops"), Plain(" "), Typed("help")))
    assert shown == "@ann somebody in Slack a channel in Slack ~ops `/xocompat help`"


def test_a_long_table_goes_on_with_its_header_and_nothing_is_lost_without_a_word() -> None:
    rows = tuple((line(f"host-{at} | {'x' * 60}"), line(str(at))) for at in range(1500))
    table = Table(columns("Host", Column("Count", ColumnKind.NUMBER)), rows, "Hosts")
    reply = Reply("test", line(Strong("Hosts")), (table,), (Ask("More", "fleet"), Act("Do", "ack 1")))
    posts = PEN.posts(reply)
    assert len(posts) == 5
    assert all(len(post.text) <= POST_MAX for post in posts)
    assert all("| Host | Count |\n| --- | --: |\n" in post.text for post in posts)
    assert "\\|" in posts[0].text
    assert "4 messages follow" in posts[0].text
    all_of_it = PEN.posts(reply, most=99)
    shown = sum(post.text.count("host-") for post in posts)
    assert shown < sum(post.text.count("host-") for post in all_of_it) == 1500
    assert "more lines are not shown" in posts[-1].text
    assert posts[0].buttons
    assert not any(post.buttons for post in posts[1:])
    one = PEN.posts(Reply("test", line("x" * 20_000), (Paragraph((line("y" * 50_000),)), Bullets((line("z"),)))))
    assert all(len(post.text) <= POST_MAX for post in one)


def test_without_a_callback_there_are_no_buttons() -> None:
    pen = Pen(Seals("t", "test", lambda: 0.0), None, "@xocompat")
    (post,) = pen.posts(Reply("test", line("x"), buttons=(Ask("More", "fleet"),)))
    assert pen.attachments(post, PostPlace("c", "k")) == []
