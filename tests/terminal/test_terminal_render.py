"""How a Reply is laid out: order, wrapping, tables, links, words to type."""

import subprocess
import sys

from bot.chat.reply import (
    GAP,
    Ask,
    Bullets,
    Code,
    Column,
    ColumnKind,
    Heading,
    Link,
    Mark,
    Paragraph,
    Plain,
    Reply,
    Share,
    Strong,
    Table,
    Typed,
    columns,
    headline,
    line,
    with_code,
)
from bot.chat.wording import count_cell
from bot.terminal.capabilities import Capabilities
from bot.terminal.render import render

PIPE, TERMINAL = Capabilities(), Capabilities(width=60)
COLOR = Capabilities(width=60, color=True)

VERDICT = Reply(
    kind="check",
    headline=headline(Strong("XenServer 7.2"), Mark("❎", "partial support"), Mark("☠️", "no security updates")),
    blocks=(
        Paragraph((line("End of life since 13 Apr 2018 (8 years ago)."),)),
        Bullets(
            ((*with_code("Replication can fail: `Expected float`"), Plain("  "), Link("XSO-1", "https://b.org/1")),),
            "Known",
        ),
        Paragraph((line(Strong("Next step: "), "upgrade."),)),
    ),
    buttons=(
        Ask("Upgrade path", "upgrade XenServer 7.2"),
        Ask("Issues", "issues XenServer 7.2"),
        Share("XenServer 7.2"),
    ),
    context=(line("As of 23 Nov 2026"),),
)


def shown(
    *blocks: Paragraph | Bullets | Table | Heading, look: Capabilities = PIPE, prompt: str = "xocompat"
) -> list[str]:
    """The lines under a headline that is of no interest."""
    return render(Reply("x", line("x"), blocks), look, prompt).split("\n")[1:]


def test_a_verdict_reads_from_the_headline_to_the_sources() -> None:
    assert render(VERDICT, PIPE).splitlines() == [
        "XenServer 7.2  ❎ partial support  ☠️ no security updates",
        "End of life since 13 Apr 2018 (8 years ago).",
        "",
        "Known",
        "• Replication can fail: `Expected float`  XSO-1 <https://b.org/1>",
        "",
        "Next step: upgrade.",
        "",
        "More: xocompat upgrade XenServer 7.2 · xocompat issues XenServer 7.2",
        "As of 23 Nov 2026",
    ]


def test_color_marks_the_headline_the_signs_and_the_context() -> None:
    text = render(VERDICT, COLOR)
    assert "\x1b[1mXenServer 7.2" in text
    assert "\x1b[1;33m❎ partial support\x1b[0m" in text
    assert "\x1b[1;31m☠️ no security updates\x1b[0m" in text
    assert text.endswith("\x1b[2mAs of 23 Nov 2026\x1b[0m")


def test_a_look_without_emoji_keeps_their_words() -> None:
    first = render(VERDICT, Capabilities(width=80, emoji=False)).splitlines()[0]
    assert first == "XenServer 7.2  partial support  no security updates"


def test_a_mark_is_not_torn_apart_where_a_line_breaks() -> None:
    assert render(VERDICT, Capabilities(width=40)).splitlines()[:2] == [
        "XenServer 7.2  ❎ partial support",
        "☠️ no security updates",
    ]


def test_bullets_and_steps_hang_by_their_lead() -> None:
    words = line("one two three four five six seven eight nine ten eleven twelve thirteen")
    assert shown(Bullets((words,)), look=TERMINAL) == [
        "• one two three four five six seven eight nine ten eleven",
        "  twelve thirteen",
    ]
    steps = shown(Bullets((words,) * 10, numbered=True), look=TERMINAL)
    assert steps[0] == " 1. one two three four five six seven eight nine ten eleven"
    assert steps[1] == "    twelve thirteen"
    assert steps[-2].startswith("10. one")


def test_a_word_longer_than_the_line_stays_whole() -> None:
    url = "https://example.org/" + "a" * 60
    assert shown(Paragraph((line("see ", Link(url, url), " there"),)), look=TERMINAL) == ["see", url, "there"]


def test_code_stays_in_one_line_where_it_fits_into_one() -> None:
    command = "xe host-emergency-reset-server-certificate"
    text = line("Replace a 1024-bit key first: ", Code(command), " and then go on")
    assert shown(Paragraph((text,)), look=TERMINAL) == ["Replace a 1024-bit key first:", f"`{command}` and then go on"]


def test_columns_are_two_spaces_apart_whatever_the_script() -> None:
    rows = tuple((line(name), line("x")) for name in ("XCP-ng", "日本語", "e\u0301te\u0301", "☠️ gone", "👨‍👩‍👧"))
    lines = shown(Table(columns("Name", "End"), rows, "Ends"))[1:]
    assert lines == [
        "Name     End",
        "XCP-ng   x",
        "日本語   x",
        "e\u0301te\u0301      x",
        "☠️ gone  x",
        "👨‍👩‍👧       x",
    ]


def test_a_rule_stands_under_the_header_in_a_terminal_only() -> None:
    table = Table(columns("A", "B"), ((line("one"), line("two")),), "Title")
    assert shown(table, look=TERMINAL) == ["", "A    B", "────────", "one  two"]
    assert shown(table) == ["", "A    B", "one  two"]


def test_every_row_is_one_line_in_a_pipe() -> None:
    rows = tuple((line("word " * 60), line("word " * 60)) for _ in range(3))
    assert len(shown(Table(columns("A", "B"), rows, "Title"))) == 1 + 1 + 3


def test_a_wide_table_wraps_within_its_columns() -> None:
    rows = ((line("short"), line("many words " * 8), line("end")),)
    lines = shown(Table(columns("A", "B", "C"), rows, "Title"), look=TERMINAL)
    assert max(map(len, lines)) <= 60
    assert [text for text in lines if text.startswith("short  many words") and text.endswith("end")]


def test_a_table_that_cannot_shrink_stands_row_by_row() -> None:
    rows = ((line("first"), line("a" * 40), line("b" * 40)),)
    assert shown(Table(columns("A", "B", "C"), rows, "Title"), look=TERMINAL) == [
        "",
        "first",
        f"  B: {'a' * 40}",
        f"  C: {'b' * 40}",
    ]


def test_counts_end_below_each_other() -> None:
    rows = tuple((line(name), count_cell(count)) for name, count in (("one", 7), ("two", 1_000)))
    table = Table(columns("Release", Column("Hosts", ColumnKind.NUMBER)), rows, "Hosts")
    assert shown(table)[1:] == ["Release  Hosts", "one          7", "two      1,000"]


def test_a_table_is_as_wide_as_the_terminal_while_text_stays_readable() -> None:
    wide, text = Capabilities(width=200), "word " * 40
    rows = ((line("x" * 90), line("y" * 90)),)
    assert max(map(len, shown(Table(columns("A", "B"), rows, "Title"), look=wide))) == 182
    assert max(map(len, shown(Paragraph((line(text),)), look=wide))) <= 100


def test_rows_may_be_shorter_or_longer_than_the_header() -> None:
    rows = ((line("1"),), (line("1"), line("2"), line("3")), ())
    assert shown(Table(columns("A", "B"), rows, "Title")) == ["", "A  B", "1", "1  2  3", ""]


def test_a_link_is_clickable_only_where_the_terminal_follows_it() -> None:
    text = Paragraph((line(Link("details", "https://example.org/a")),))
    assert shown(text) == ["details <https://example.org/a>"]
    assert shown(text, look=TERMINAL) == ["details (https://example.org/a)"]
    clickable = "\x1b]8;;https://example.org/a\x1b\\details\x1b]8;;\x1b\\"
    assert shown(text, look=Capabilities(width=60, links=True)) == [clickable]


def test_only_web_and_mail_addresses_become_clickable() -> None:
    text = Paragraph((line(Link("details", "file:///etc/passwd")),))
    assert shown(text, look=Capabilities(width=60, links=True)) == ["details (file:///etc/passwd)"]


def test_an_address_has_no_sign_at_which_it_could_end_early() -> None:
    text = Paragraph((line(Link("a", "https://e.org/<b> \x1b\\é")),))
    assert shown(text) == ["a <https://e.org/%3Cb%3E%20%5C%C3%A9>"]


def test_words_to_type_stand_after_the_prompt() -> None:
    text = Paragraph((line("Type ", Typed("help COMMAND"), "."),))
    assert shown(text) == ["Type xocompat help COMMAND."]
    assert shown(text, prompt="/xocompat") == ["Type /xocompat help COMMAND."]


def test_a_shell_gets_quotes_where_it_would_read_a_sign_as_its_own() -> None:
    text = Paragraph((line(Typed("XenServer >=7.0,<7.4")),))
    assert shown(text) == ["xocompat XenServer '>=7.0,<7.4'"]
    assert shown(text, prompt="/xocompat") == ["/xocompat XenServer >=7.0,<7.4"]


def test_words_to_type_with_what_they_do_stand_in_two_columns() -> None:
    entries = Bullets((line(Typed("list"), "  the list"), line(Typed("help COMMAND"), "  more of a command")))
    assert shown(entries) == ["xocompat list          the list", "xocompat help COMMAND  more of a command"]
    assert shown(entries, look=Capabilities(width=40)) == [
        "xocompat list",
        "    the list",
        "xocompat help COMMAND",
        "    more of a command",
    ]


def test_headings_are_a_list_or_open_sections() -> None:
    plain = Heading(line("one")), Heading(line("two"))
    assert shown(*plain) == ["one", "two"]
    under = Paragraph((line("under"),))
    assert shown(plain[0], under, plain[1], under) == ["", "one", "under", "", "two", "under"]


def test_a_footer_takes_the_place_of_the_buttons() -> None:
    assert render(VERDICT, PIPE, footer=line("1 [Upgrade path]")).splitlines()[-2:] == [
        "1 [Upgrade path]",
        "As of 23 Nov 2026",
    ]
    assert "More:" not in render(VERDICT, PIPE, footer=())


def test_a_reply_without_buttons_and_context_ends_with_its_last_block() -> None:
    assert render(Reply("x", line("only this"), buttons=(Share("x"),)), PIPE) == "only this"


def test_the_gap_between_facts_is_two_spaces() -> None:
    assert render(Reply("x", (Plain("a"), GAP, Plain("b"))), PIPE) == "a  b"


def test_a_usual_verdict_needs_no_table_of_all_characters() -> None:
    """Importing wcwidth takes longer than the whole look-up."""
    code = (
        "import sys; from bot.chat.reply import *; from bot.terminal.capabilities import Capabilities; "
        "from bot.terminal.render import render; "
        "mark = Mark('☠️', 'no security updates since 16 Sep 2025'); "
        "row = (line(Strong('XCP-ng 8.2 → 8.3')), line(mark), line(mark)); "
        "table = Table(columns('A', 'B', 'C'), (row,), 'D'); "
        "render(Reply('x', headline(*row[0], mark, mark), (table,)), Capabilities(width=60)); "
        "heavy = {'wcwidth', 'textwrap', 'shutil', 'shlex', 'urllib.parse'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
