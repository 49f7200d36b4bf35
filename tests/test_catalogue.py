"""Every sentence that chat says is a message of the catalogue, and a translation needs no change of a command."""

import ast
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import pieces, say, say_about, say_counted, speak
from bot.chat.commands import COMMANDS
from bot.chat.reply import (
    Code,
    Plain,
    Strong,
    line,
    plain,
    say_line,
    say_line_counted,
)
from bot.errors import ConfigError
from tests.messages import FILES, MARKED, POT, ROOT, SAYING, as_pot, gathered, mistakes, said_in
from tests.translations import spoken

SAYS = (
    "bot/advisories/advisory.py",
    "bot/chat/",
    "bot/days.py",
    "bot/fleet/",
    "bot/mattermost/callbacks.py",
    "bot/mattermost/dialogs.py",
    "bot/mattermost/platform.py",
    "bot/mattermost/posts.py",
    "bot/notify/drawing.py",
    "bot/notify/notice.py",
    "bot/notify/notifier.py",
    "bot/notify/teams.py",
    "bot/published/bundle.py",
    "bot/published/components.py",
    "bot/published/fetch.py",
    "bot/published/markdown.py",
    "bot/published/parse.py",
    "bot/published/renew.py",
    "bot/published/sync.py",
    "bot/slack/blocks.py",
    "bot/slack/files.py",
    "bot/slack/modals.py",
    "bot/terminal/",
    "bot/web/calendar.py",
    "bot/xapi/errors.py",
    "bot/xo/errors.py",
)
"""What says something in chat."""

OPERATORS = {ROOT / "bot/fleet/doctor.py", ROOT / "bot/fleet/policy.py"}
"""What says something to operators alone: the shell's `doctor`, mistakes in a configuration."""

OTHERWISE = re.compile(r"[\\^|<>=]|\w_\w|\(\?|^ ?[\W\d_]*$|^[a-z_]+$|^\n|^\w*\[|sans-serif$")
"""Text that is none: patterns, signs, a single word in small letters (keys, kinds, names of commands), lists of words
on lines of their own, types, fonts."""

UNSAID = {
    "Act": 1,
    "Ask": 1,
    "Code": 0,
    "Find": 0,
    "HttpResponse": 1,
    "MattermostError": 0,
    "Menu": 1,
    "MenuEntry": 1,
    "Pick": 0,
    "Question": 1,
    "Share": 0,
    "Typed": 0,
    "ValueError": 0,
    "_log_undelivered": 1,
    "compile": 0,
    "import_module": 0,
    "request_of": 0,
}
"""Calls with a text that nobody translates, and which of their arguments that is: words to type, names, patterns, what
is logged."""

LOGGING = {"debug", "error", "info", "warning"}
"""Calls of which nobody in a chat reads anything."""

WORDS_TO_TYPE = {
    ", where: {}",
    "- {who: {}{}, may: [{}]}",
    "Citrix Hypervisor 8.2",
    "Xen Orchestra",
    "access: {lookup: everyone}",
    "ack {} planned {}",
    "always asking",
    "ask button",
    "feature {}",
    "fleet {}",
    "not approved",
    "on {}",
    "pick button",
    "probe {}",
    "probe {} on {}",
    "share button",
    "snooze {}",
    "unwatch {}",
    "xocompat probe {} --json",
    "xapi built on",
    "xen orchestra",
    *(spec.takes for spec in COMMANDS.values()),
    *(typed for spec in COMMANDS.values() for typed, _ in spec.examples),
}
"""Texts that are no speech, where no call says so: names, words to type, names for the log."""


def says_something(text: str) -> bool:
    is_speech = " " in text.strip() and re.search(r"[a-z]{2}", text) and not OTHERWISE.search(text)
    return bool(is_speech) and text not in WORDS_TO_TYPE


def unmarked(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Sentences that are no message: texts with a blank between words, and texts with values between words."""
    skipped: set[int] = set()
    for node in ast.walk(tree):  # parents come before their children
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in UNSAID:
                skipped.update(map(id, (each for arg in node.args[UNSAID[name] :][:1] for each in ast.walk(arg))))
            if name in LOGGING:
                skipped.update(map(id, ast.walk(node)))
            if name in SAYING or name in MARKED:
                skipped.update(id(arg) for arg in node.args if isinstance(arg, ast.Constant))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))  # a docstring
        elif isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values if isinstance(part, ast.Constant))
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            if says_something(text):
                yield node.lineno, text
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and says_something(node.value):
            yield node.lineno, node.value


SPEAKING = [file for file in FILES if file.relative_to(ROOT).as_posix().startswith(SAYS) and file not in OPERATORS]


@pytest.mark.parametrize("file", SPEAKING, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_what_is_said_is_a_message(file: Path) -> None:
    assert [f"{file}:{line}: {text}" for line, text in unmarked(ast.parse(file.read_text()))] == []


def test_a_message_is_said_with_its_values() -> None:
    for file, said in ((each, said) for each in FILES for said in said_in(each)):
        named = {name for form in said.forms for _, name in pieces(form)} - {None}
        given = {keyword.arg for keyword in said.call.keywords}
        where = f"{file}:{said.call.lineno}: {said.forms[0]}"
        if said.function.endswith("counted"):
            given.add("count")
            assert len(said.forms) == 2, where
            assert named >= {"count"}, f"{where}: a message with a count names it"
        if None not in given and said.function.startswith("say"):
            assert named | {"count"} == given | {"count"}, where


def test_a_message_stands_as_a_whole_in_the_code() -> None:
    nodes = [(file, node) for file in FILES for node in ast.walk(ast.parse(file.read_text()))]
    for file, call in [(file, node) for file, node in nodes if isinstance(node, ast.Call)]:
        places = SAYING.get(call.func.id, ()) if isinstance(call.func, ast.Name) else ()
        made = [call.args[place] for place in places if place < len(call.args)]
        is_joined = [isinstance(text, ast.JoinedStr | ast.BinOp | ast.IfExp | ast.BoolOp) for text in made]
        assert not any(is_joined), f"{file}:{call.lineno}: nobody could gather this message"


def test_the_list_of_messages_is_that_of_the_code() -> None:
    assert POT.read_text() == as_pot(gathered()), "write it anew: python -m tests.messages"


# Translations


def test_a_message_is_said_as_it_was_translated(tmp_path: Path) -> None:
    catalog = Catalog(locale="pl")  # with three forms of a count
    catalog.add(("{count} host", "{count} hosts"), ("{count} serwer", "{count} serwery", "{count} serwerów"))
    catalog.add("Supported until {eol} ({distance}).", "Wspierane do {eol} ({distance}).")
    catalog.add("{mark} since {day}", "od {day}: {mark}")
    catalog.add("none", "brak", context="security updates")
    catalog.add(",", "\u00a0", context="between thousands")
    with spoken(catalog, tmp_path):
        assert [say_counted(n, "{count} host", "{count} hosts") for n in (1, 3, 1_005)] == [
            "1 serwer",
            "3 serwery",
            "1\u00a0005 serwerów",
        ]
        assert say("Supported until {eol} ({distance}).", eol="dziś", distance="0") == "Wspierane do dziś (0)."
        assert say_line("{mark} since {day}", mark=Strong("x"), day="dziś") == (
            *line("od ", "dziś", ": "),
            Strong("x"),
        )
        assert (say_about("security updates", "none"), say("none")) == ("brak", "none")
        assert say("") == "", "the header of the file"
    assert say_counted(1_005, "{count} host", "{count} hosts") == "1,005 hosts"


@pytest.mark.parametrize(
    "wrong", ["{unknown}", "{day.year}", "{day!r}", "{day", "{}", "{day}}", "} {day}", "{{day}}", "}"]
)
def test_a_translation_that_cannot_be_filled_in_is_left_out(wrong: str, tmp_path: Path) -> None:
    catalog = Catalog(locale="de")
    catalog.add("{mark} since {day}", f"{{mark}} seit {wrong}")
    with spoken(catalog, tmp_path):
        assert say("{mark} since {day}", mark="x", day="y") == "x since y"


@given(st.text("{}[]!:.0 day", max_size=12))
def test_no_translation_breaks_what_is_said(text: str) -> None:
    catalog = Catalog(locale="de")
    catalog.add("since {day}", text)
    with tempfile.TemporaryDirectory() as folder, spoken(catalog, Path(folder)):
        said = say("since {day}", day="y")
        assert plain(say_line("since {day}", day="y")) == said.replace("`", "")
    assert said == "since y" or said == text.replace("{day}", "y")


def test_a_file_that_is_no_translation_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"no catalogue", b"\xde\x12\x04\x95" + b"\xff" * 40):
        (tmp_path / "x.mo").write_bytes(content)
        with pytest.raises(ConfigError, match="cannot be read as a catalogue"):
            speak(tmp_path / "x.mo")
    with pytest.raises(ConfigError, match="cannot be read"):
        speak(tmp_path / "none.mo")


def test_code_in_a_message_may_have_values() -> None:
    said = say_line("Ask `xocompat probe {name}` of {who}, `now`", name="lab-a", who=Strong("x"))
    assert said == (Plain("Ask "), Code("xocompat probe lab-a"), Plain(" of "), Strong("x"), Plain(", "), Code("now"))
    assert say_line_counted(2, "{count} `a`", "{count} `b`") == (*line("2", " "), Code("b"))


def test_a_translator_is_told_what_is_missing_and_what_cannot_be_filled_in() -> None:
    template, translation = Catalog(), Catalog(locale="de")
    for each in ("one {a}", "two", ("{count} three", "{count} threes")):
        template.add(each)
    translation.add("one {a}", "eins {b}")
    translation.add(("{count} three", "{count} threes"), ("{count} drei", ""))
    assert sorted(mistakes(translation, template)) == [
        "not translated: two",
        "not translated: {count} three",
        "{b} is not in the message: one {a}",
    ]
