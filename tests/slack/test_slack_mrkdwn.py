"""Lines as mrkdwn: what is dressed is seen as such, and no text of others can ping, link or format."""

import pytest

from bot.chat.reply import (
    GAP,
    ChannelName,
    Code,
    Link,
    Mark,
    PersonName,
    Plain,
    Reply,
    Strong,
    Typed,
    headline,
    line,
    notice,
    plain,
)
from bot.slack.blocks import messages
from bot.slack.mrkdwn import escape, mrkdwn, plain_text, without_ids


def test_a_headline_has_a_gap_between_its_facts_that_ends_bold_text() -> None:
    first = headline(Strong("XenServer 7.2"), Mark("❎", "partial support"), Mark("☠️", "no security updates"))
    assert mrkdwn(first) == "*XenServer 7.2* \u2002❎ partial support \u2002☠️ no security updates"


def test_every_span_has_its_dress() -> None:
    spans = line("see ", Code("xe x"), " or ", Link("XSO-868", "https://example.org/a?b=1&c=2"), ", or ", Typed("help"))
    assert mrkdwn(spans) == "see `xe x` or <https://example.org/a?b=1&amp;c=2|XSO-868>, or `/xocompat help`"


@pytest.mark.parametrize("text", ["<!channel>", "<@U012345|bob>", "<https://x.example|y>", "a & b", "1 < 2 > 0"])
def test_what_slack_would_read_is_escaped_everywhere(text: str) -> None:
    for span in (
        Plain(text),
        Strong(text),
        Code(text),
        Mark("❔", text),
        Typed(text),
        Link(text, "https://example.org"),
    ):
        shown = mrkdwn((span,)).removeprefix("<https://example.org|").removesuffix(">")
        assert "<" not in shown
        assert ">" not in shown
        assert "&" not in shown.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://a b", "https://a|b", "https://a>b", "ftp://a", ""])
def test_a_link_to_an_address_of_another_kind_is_only_its_words(address: str) -> None:
    assert mrkdwn((Link("here", address),)) == "here"


def test_a_name_with_an_asterisk_is_not_made_bold() -> None:
    assert mrkdwn((Strong("a*b"),)) == "a*b"
    assert mrkdwn((Strong("*x*"),)) == "\u2060*\u2060x\u2060*\u2060"


def test_signs_that_could_start_a_format_stand_inside_a_word() -> None:
    assert escape("*bold* _it_ ~no~") == (
        "\u2060*\u2060bold\u2060*\u2060 \u2060_\u2060it\u2060_\u2060 \u2060~\u2060no\u2060~\u2060"
    )
    assert escape("INTERNAL_ERROR 5*3") == "INTERNAL_ERROR 5*3"


def test_a_backtick_cannot_end_a_code() -> None:
    assert mrkdwn((Code("a`b"),)) == "`aˋb`"


def test_a_line_that_starts_with_a_greater_than_sign_is_no_quotation() -> None:
    assert mrkdwn(line(">=7.0")) == "\u2060&gt;=7.0"


def test_a_dressed_span_beside_a_letter_is_set_apart_so_that_slack_sees_it() -> None:
    assert mrkdwn(line("a", Strong("b"), "c")) == "a\u200b*b*\u200bc"
    assert mrkdwn(line(Strong("Next step: "), "go")) == "*Next step:* go"


def test_line_breaks_and_marks_that_turn_the_text_around_are_gone() -> None:
    assert mrkdwn(line("a\nb\r\u2028c\x07d", "\u202egpj")) == "a b c dgpj"


def test_what_has_nothing_to_show_is_left_out() -> None:
    assert mrkdwn(line(Strong("  "), Code(""), Link("", "nowhere"), "")) == ""


def test_a_line_that_is_too_long_is_cut_between_entities_and_never_in_a_mark_up() -> None:
    assert escape("&" * 10, 20) == "&amp;&amp;&amp;…"
    link = Link("details", "https://example.org/a-long-way")
    assert mrkdwn(line("x" * 90, Strong("name"), link), 110) == "x" * 90 + "\u200b*name*\u200bdetails"
    assert mrkdwn(line("x" * 90, Strong("name"), link), 100) == "x" * 90 + "\u200b*name*…"
    assert mrkdwn((Strong("y" * 200),), 50).endswith("…*")


def test_the_gap_alone_is_drawn_and_a_wide_space_in_a_text_stays() -> None:
    assert mrkdwn((Plain("a"), GAP, Plain("b\u2003c"))) == "a \u2002b\u2003c"


def test_a_label_is_one_line_and_cut() -> None:
    assert plain_text("a\n b", 10) == "a b"
    assert plain_text("abcdef", 4) == "abc…"


def test_a_notifications_text_has_no_ids() -> None:
    """Slack draws no names there, so an id would stand as it is."""
    said = line(ChannelName("C0000001"), " is watched by ", PersonName("U0000001"), " and ", PersonName("shell:joe"))
    assert plain(without_ids(said)) == "the channel is watched by somebody and shell:joe"
    for reply in (Reply("watches", said), notice(said)):
        (message,) = messages(reply)
        assert message.text == "the channel is watched by somebody and shell:joe"
        assert "<#C0000001> is watched by <@U0000001>" in str(message.blocks)
