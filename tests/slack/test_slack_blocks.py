"""Replies as messages: within Slack's limits whatever they say, the first one whole, nothing lost without a word."""

from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings

from bot.chat.button_value import ActionValue, decode
from bot.chat.reply import (
    Ask,
    Bullets,
    Heading,
    Mark,
    Paragraph,
    Plain,
    Reply,
    Share,
    Strong,
    Table,
    columns,
    headline,
    line,
    notice,
)
from bot.slack.blocks import MESSAGES_MAX, messages
from bot.slack.table_blocks import TableForm
from tests.slack.blockkit import complaints
from tests.slack.replies import lines, replies

VERDICT = Reply(
    "check",
    headline(Strong("XenServer 7.2"), Mark("❎", "partial support")),
    (Paragraph((line("End of life."),)), Bullets((line("one"), line("two")), "Known issues")),
    (Ask("Upgrade path", "upgrade XenServer 7.2"), Share("XenServer 7.2")),
    (line("As of today"),),
)


def _shown(reply: Reply) -> list[str]:
    return [block["text"]["text"] for message in messages(reply) for block in message.blocks if "text" in block]


def _elements(blocks: tuple[dict[str, Any], ...], kind: str) -> list[dict[str, Any]]:
    return [element for block in blocks if block["type"] == kind for element in block["elements"]]


@given(replies)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_slack_takes_whatever_a_reply_says(reply: Reply) -> None:
    for shared_by, form in ((None, TableForm.DATA_TABLE), ("U0123456", TableForm.TABLE), (None, TableForm.LINES)):
        made = messages(reply, shared_by, tables=form)
        assert 1 <= len(made) <= MESSAGES_MAX
        assert [complaints(message.body()) for message in made] == [[]] * len(made)


@given(lines)
def test_slack_takes_a_notice_of_any_text(said: tuple[Any, ...]) -> None:
    (message,) = messages(notice(said))
    assert complaints(message.body()) == []


def test_the_verdict_comes_first_with_its_reason_then_the_rest_the_buttons_and_the_quiet_line() -> None:
    (message,) = messages(VERDICT)
    assert message.text == "XenServer 7.2: partial support"
    assert [block["type"] for block in message.blocks] == ["section", "section", "actions", "context"]
    assert _shown(VERDICT)[0] == "*XenServer 7.2* \u2002❎ partial support\nEnd of life."
    assert _shown(VERDICT)[1] == "*Known issues*\n• one\n• two"


def test_nothing_unfurls() -> None:
    body = messages(VERDICT)[0].body(channel="C1")
    assert (body["unfurl_links"], body["unfurl_media"], body["channel"]) == (False, False, "C1")


def test_headings_in_a_row_are_one_list_and_a_heading_takes_the_paragraph_below_it() -> None:
    one, two = Heading(line("one")), Heading(line("two"))
    assert _shown(VERDICT._replace(blocks=(one, two)))[1:] == ["one\ntwo"]
    why = Paragraph((line("why"),))
    assert _shown(VERDICT._replace(blocks=(one, why, two, why)))[1:] == ["one\nwhy", "two\nwhy"]


def test_a_table_is_a_line_for_each_row_below_the_names_of_its_columns() -> None:
    row = (line(Strong("8.3")), line(""), line("30 Nov 2028"))
    table = Table(columns("Release", "Released", "End of life"), (row,), "XCP-ng")
    assert (
        _shown(VERDICT._replace(blocks=(table,)))[1]
        == "*Release · Released · End of life*\n*8.3* \u2002– \u200230 Nov 2028"
    )


def test_a_table_of_a_verdict_is_lines_without_names_whatever_a_platform_could_draw() -> None:
    row = (line(Strong("xen-2")), line(""), line("end of life"))
    table = Table(columns("Host", "Runs", "Verdict"), (row,), "Hosts", as_lines=True)
    for form in TableForm:
        made = messages(VERDICT._replace(blocks=(table,)), tables=form)
        assert made[0].blocks[1]["text"]["text"] == "*xen-2* \u2002end of life"


def test_steps_are_numbered() -> None:
    assert _shown(VERDICT._replace(blocks=(Bullets((line("a"), line("b")), numbered=True),)))[1] == "1. a\n2. b"


def test_a_long_reply_goes_on_in_further_messages_and_the_first_says_so() -> None:
    rows = Bullets(tuple(line(f"row {at} {'x' * 60}") for at in range(35)))
    long = VERDICT._replace(blocks=(rows,) * 8)
    first, *rest = messages(long)
    assert len(rest) == 2
    assert _elements(first.blocks, "actions")
    assert _elements(first.blocks, "context")[-1]["text"] == "2 messages follow with the rest"
    assert [_elements(message.blocks, "context")[-1]["text"] for message in rest] == ["2 of 3", "3 of 3"]
    assert sum(text.count("row ") for text in _shown(long)) == 8 * 35


def test_what_does_not_fit_into_five_messages_is_counted_with_what_to_do() -> None:
    huge = VERDICT._replace(blocks=(Bullets(tuple(line(f"row {at} {'x' * 90}") for at in range(2000))),))
    made = messages(huge)
    shown = sum(text.count("row ") for text in _shown(huge))
    assert len(made) == MESSAGES_MAX
    said = _elements(made[-1].blocks, "context")[-1]["text"]
    assert said == f"5 of 5 · {2000 - shown:,} more lines are not shown: ask for less at once"


def test_what_does_not_fit_into_a_single_message_is_counted_too() -> None:
    """An alert, which has no others."""
    huge = VERDICT._replace(blocks=(Bullets(tuple(line(f"row {at} {'x' * 90}") for at in range(2000))),))
    (only,) = messages(huge, most=1)
    shown = sum(str(block).count("row ") for block in only.blocks)
    said = _elements(only.blocks, "context")[-1]["text"]
    assert said == f"{2000 - shown:,} more lines are not shown: ask for less at once"


def test_a_shared_reply_names_who_shared_it_and_cannot_be_shared_again() -> None:
    (message,) = messages(VERDICT, "U0123456")
    assert [button["text"]["text"] for button in _elements(message.blocks, "actions")] == ["Upgrade path"]
    assert _elements(message.blocks, "context")[-1]["text"] == "shared by <@U0123456>"


def test_at_most_three_buttons_each_with_its_own_id_and_what_it_asks() -> None:
    many = VERDICT._replace(buttons=tuple(Ask(f"Ask {at}", f"words {at}") for at in range(5)))
    found = _elements(messages(many)[0].blocks, "actions")
    assert [button["action_id"] for button in found] == ["ask_1", "ask_2", "ask_3"]
    assert [button["accessibility_label"] for button in found] == [f"Ask {at}: words {at}" for at in range(3)]


def test_buttons_carry_the_days_that_they_are_about() -> None:
    ask, day = VERDICT.buttons[0], date(2026, 11, 23)
    dated = VERDICT._replace(buttons=(ask, Share("XenServer 7.2", on=day)))
    found = _elements(messages(dated)[0].blocks, "actions")
    assert decode(found[0]["value"]) == ActionValue("upgrade XenServer 7.2", None)
    assert decode(found[1]["value"]) == ActionValue("XenServer 7.2", date(2026, 11, 23))


def test_a_button_with_more_words_than_slack_carries_is_left_out() -> None:
    long = VERDICT._replace(buttons=(Share("x" * 2000), Ask("Help", "help")))
    assert [button["text"]["text"] for button in _elements(messages(long)[0].blocks, "actions")] == ["Help"]


def test_a_value_that_is_none_of_ours_asks_nothing() -> None:
    for value in (
        None,
        7,
        "",
        "words",
        "[]",
        "{}",
        '{"words": 1}',
        '{"words": "x", "on": "Tuesday"}',
        '{"words": "x", "on": 5}',
        "[" * 2000,
    ):
        assert decode(value) is None


def test_a_reply_without_anything_to_show_says_so() -> None:
    (message,) = messages(Reply("empty", (Plain(" "),)))
    assert (message.text, _shown(Reply("empty", ()))) == ("Nothing to show.", ["Nothing to show."])
