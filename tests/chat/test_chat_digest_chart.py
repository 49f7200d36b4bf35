"""The digest's chart: hosts without security updates over twelve weeks, as earlier digests had them; in words, too."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.alerts.delivery.outbox import Delivery, DeliveryKind
from bot.alerts.delivery.outcome import Delivered
from bot.alerts.digest import WEEK, Digest, HostCounts
from bot.alerts.routing import AlertPlan
from bot.chat.digest_message import digest_message
from bot.chat.reply import Chart, ChartPoint, Reply, line
from bot.chat.transport import PlatformTransport, reply_for
from bot.matrix.matrix import Matrix
from bot.slack.blocks import messages
from bot.slack.chart_blocks import chart_block
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render
from tests.alerts.delivery.queue import LAB
from tests.alerts.delivery.slack import BLOCKS, Slack, platform_at
from tests.slack.blockkit import complaints

MONDAY = date(2026, 11, 23)
CHART = "data_visualization"


def _week(ago: int, eol: int, hosts: int = 1000) -> Digest:
    return Digest(LAB, MONDAY - ago * WEEK, HostCounts(hosts, eol))


def _types(blocks: Any) -> list[str]:
    return [block["type"] for block in blocks]


TWELVE = _week(0, 450).after(_week(ago, 450 + ago) for ago in range(1, 30))


def test_twelve_weeks_are_this_one_and_the_eleven_before_it() -> None:
    assert [week.eol for week in TWELVE.weeks] == [*range(461, 449, -1)]
    assert (TWELVE.weeks[0].day, TWELVE.weeks[-1].day) == (date(2026, 9, 7), MONDAY)
    assert Digest.from_data(TWELVE.to_data()) == TWELVE


def test_the_first_digest_has_no_chart() -> None:
    first = _week(0, 450).after(())
    assert first.weeks == ()
    assert not any(isinstance(block, Chart) for block in digest_message(first).blocks)
    assert first.to_data()["weeks"] == []


def test_weeks_without_a_digest_or_without_hosts_are_absent_and_said_and_never_0() -> None:
    made = _week(0, 5).after((_week(1, 0, hosts=0), _week(2, 7), _week(4, 9), _week(-1, 99)))
    assert [(week.day, week.eol) for week in made.weeks] == [
        (date(2026, 10, 26), 9), (date(2026, 11, 9), 7), (MONDAY, 5),
    ]  # fmt: skip
    said = render(digest_message(made), Capabilities())
    assert "9 (26 Oct), 7 (9 Nov), 5 (23 Nov); of 2 weeks between nothing is known" in said


def test_slack_draws_it_below_the_same_numbers_in_words() -> None:
    (message,) = messages(digest_message(TWELVE), charts=True)
    assert complaints(message.body()) == []
    at = _types(message.blocks).index(CHART)
    words, chart = message.blocks[at - 1]["text"]["text"], message.blocks[at]
    assert words.startswith("*Hosts without security updates*: 461 (7 Sep), ")
    points = chart["chart"]["series"][0]["data"]
    assert len(points) == 12
    assert all(f"{point['value']} ({point['label']})" in words for point in points)
    assert CHART not in _types(message.without_charts().blocks)


def test_an_acknowledgement_and_a_shared_reply_have_none() -> None:
    for made in (messages(digest_message(TWELVE)), messages(digest_message(TWELVE), shared_by="U1")):
        assert not any(message.has_chart for message in made)
        assert "461 (7 Sep)" in str(made)


def test_a_terminal_draws_a_line_of_bars_where_it_can() -> None:
    made = _week(0, 0).after((_week(1, 50), _week(2, 100)))
    said = render(digest_message(made), Capabilities(width=80))
    assert "Hosts without security updates: 100 (9 Nov), 50 (16 Nov), 0 (23 Nov)\n█▅▁" in said
    assert "█" not in render(digest_message(made), Capabilities(width=80, emoji=False))


@pytest.mark.parametrize(
    "chart",
    [
        Chart("t" * 200, "c" * 200, tuple(ChartPoint(f"{at} {'x' * 50}", at) for at in range(40))),
        Chart("\u202e<!channel>\n", "&\x00hosts", (ChartPoint("<a>\n", 1), ChartPoint("😀" * 30, 2))),
    ],
)
def test_odd_names_are_brought_within_slacks_limits(chart: Chart) -> None:
    (message,) = messages(Reply("any", line("x"), (chart,)), charts=True)
    assert message.has_chart
    assert complaints(message.body()) == []


@pytest.mark.parametrize(
    "points",
    [(), (ChartPoint("a", 1),), (ChartPoint("a", 1), ChartPoint("a", 2)), (ChartPoint("", 1), ChartPoint("b", 2))],
)
def test_what_slack_would_refuse_is_not_drawn(points: tuple[ChartPoint, ...]) -> None:
    assert chart_block(Chart("title", "hosts", points)) is None


@pytest.mark.parametrize(("takes", "last"), [({*BLOCKS}, {"section", "context", "actions"}), (set(), set())])
def test_a_slack_that_refuses_the_chart_gets_the_digest_all_the_same(
    takes: set[str], last: set[str], matrix: Matrix
) -> None:
    delivery = Delivery(1, "key", LAB, DeliveryKind.DIGEST, TWELVE.to_data(), datetime.now(UTC))
    with Slack() as slack:
        slack.blocks = takes
        slack.room(LAB)
        way = PlatformTransport(platform_at(slack.api), lambda one: reply_for(one, matrix, AlertPlan()))
        assert isinstance(way.send(delivery), Delivered)
        (posted,) = slack.room(LAB).messages
    assert set(_types(posted.blocks)) == last
    assert "461 (7 Sep)" in (str(posted.blocks) if last else posted.text)


def test_a_slack_that_has_charts_gets_it_at_once(matrix: Matrix) -> None:
    delivery = Delivery(1, "key", LAB, DeliveryKind.DIGEST, TWELVE.to_data(), datetime.now(UTC))
    with Slack() as slack:
        slack.blocks = {*BLOCKS, CHART}
        slack.room(LAB)
        way = PlatformTransport(platform_at(slack.api), lambda one: reply_for(one, matrix, AlertPlan()))
        assert isinstance(way.send(delivery), Delivered)
        (posted,) = slack.room(LAB).messages
    assert CHART in _types(posted.blocks)


def test_one_chart_of_a_reply_is_drawn_and_the_others_are_said() -> None:
    two = (ChartPoint("a", 1), ChartPoint("b", 2))
    (message,) = messages(
        Reply("any", line("x"), tuple(Chart(f"chart {at}", "hosts", two) for at in "123")), charts=True
    )
    assert _types(message.blocks).count(CHART) == 1
    assert all(f"*chart {at}*: 1 (a), 2 (b)" in str(message.blocks) for at in "123")
