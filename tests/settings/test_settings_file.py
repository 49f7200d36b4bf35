"""The form of the file: what cannot be read, and what YAML would pass over in silence."""

from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import load_settings
from tests.settings.conftest import Load, Told

NO_ALIASES = "anchors and aliases (& and *) are not allowed: write it out"
NO_TAGS = "tags (!) are not allowed: put the value in quotes"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: [1\nb: 2\n", "is not YAML: did not find expected ',' or ']' (line 2, column 2)"),
        ("a: @b\n", "is not YAML: found character that cannot start any token (line 1, column 4)"),
        ("a: b: c\n", "is not YAML: mapping values are not allowed in this context (line 1, column 5)"),
        (
            "access: {grants: [{who: *, may: [fleet]}]}",
            "is not YAML: did not find expected alphabetic or numeric character "
            '(a star alone stands in quotes: "*") (line 1, column 26)',
        ),
        ("a: \x00", "is not YAML: it has control characters"),
        ("- a\n", "must hold keys, such as `database: sqlite:///xocompat.db`"),
        ("words\n", "must hold keys, such as `database: sqlite:///xocompat.db`"),
        ("a: 1\n---\nb: 1\n", "holds a second document (line 2, column 1)"),
        ("a: &x 1\n", f"{NO_ALIASES} (line 1, column 4)"),
        ("web: !!python/name:os.system x\n", f"{NO_TAGS} (line 1, column 6)"),
        ("web: !hunter2\n", f"{NO_TAGS} (line 1, column 6)"),
        ("[" * 900, "is nested too deep (line 1, column 17)"),
        ("{a: " * 17, "is nested too deep (line 1, column 65)"),
        ("#" * (4 * 1024 * 1024 + 1), "is larger than 4 MiB"),
        (b"a: \xff\n", "is not UTF-8 (at byte 4): save it as UTF-8"),
        ("a: 1\n".encode("utf-16"), "is not UTF-8 (at byte 1): save it as UTF-8"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_file_of_a_wrong_form_is_refused(told: Told, text: str | bytes, what: str) -> None:
    assert told(text) == [f"xocompat.yaml: {what}"]


def test_nesting_without_end_is_refused_wherever_the_reader_stops(told: Told) -> None:
    [line] = told("[" * 100_000)
    assert line.startswith("xocompat.yaml: is nested too deep (line 1, column ")


def test_aliases_cannot_fill_the_memory(told: Told) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    lines = told(bomb)
    assert len(lines) == 25
    assert all(NO_ALIASES in line for line in lines)


def test_a_key_that_stands_twice_is_told_with_both_lines(told: Told) -> None:
    assert told("sweep: {every: 1h}\nweb: {}\nsweep: {every: 2h}\nlog:\n  level: info\n  level: info\n") == [
        "xocompat.yaml: sweep: stands twice, in lines 1 and 3: take one out",
        "xocompat.yaml: log.level: stands twice, in lines 5 and 6: take one out",
    ]


def test_a_key_that_is_no_text_is_told(told: Told) -> None:
    assert told("? [a]\n: b\n") == ["xocompat.yaml: a key must be text (line 1)"]


def test_dates_and_numbers_to_base_60_stay_text(load: Load) -> None:
    settings = load(
        "targets: [{name: 2026-11-23, address: a, username: '=', password_env: P, tags: [2001-13-45, 1:2:3]}]"
    )
    (target,) = settings.targets
    assert (target.name, target.username, target.tags) == ("2026-11-23", "=", ("2001-13-45", "1:2:3"))


def test_numbers_beyond_reason_are_told_and_nothing_breaks(told: Told) -> None:
    assert told(f"sweep: {{concurrency: 0x{'f' * 9000}}}\n") == [
        f'xocompat.yaml: sweep.concurrency: must be a whole number from 1 to 1024, not "0x{"f" * 37}…"'
    ]


def lines_of(config: Path | None, environ: dict[str, str], cwd: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(config, environ, cwd)
    return list(caught.value.lines)


def test_a_missing_file_is_told_with_what_named_it(tmp_path: Path) -> None:
    assert lines_of(Path("no.yaml"), {}, tmp_path) == ["no.yaml: there is no such file (--config names it)"]
    assert lines_of(None, {"XOCOMPAT_CONFIG": "etc/no.yaml"}, tmp_path) == [
        "etc/no.yaml: there is no such file (XOCOMPAT_CONFIG names it)"
    ]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    assert lines_of(Path("etc"), {}, tmp_path) == ["etc: is a directory: name a file"]


def test_a_link_that_leads_nowhere_is_told_rather_than_passed_over(tmp_path: Path) -> None:
    (tmp_path / "xocompat.yaml").symlink_to("gone.yaml")
    assert lines_of(None, {}, tmp_path) == ["xocompat.yaml: there is no such file"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    # Not by its mode, which does not stop root: the first byte of a process's memory can be read by nobody.
    (tmp_path / "xocompat.yaml").symlink_to("/proc/self/mem")
    assert lines_of(None, {}, tmp_path) == ["xocompat.yaml: cannot be read: Input/output error"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a\x00b", "a?b: cannot be read: this is no name of a file"),
        ("a\x1b[31m\n", "a?[31m?: there is no such file (--config names it)"),
        ("x" * 300, f"{'x' * 199}…: cannot be read: File name too long"),
    ],
)
def test_a_strange_name_of_a_file_is_told_on_one_plain_line(tmp_path: Path, name: str, line: str) -> None:
    assert lines_of(Path(name), {}, tmp_path) == [line]


def test_the_option_wins_over_the_variable_and_both_over_the_folder(tmp_path: Path) -> None:
    for name, port in (("xocompat", 1), ("variable", 2), ("option", 3)):
        (tmp_path / f"{name}.yaml").write_text(f"sweep: {{concurrency: {port}}}")

    def concurrency(config: Path | None, environ: dict[str, str]) -> int:
        return load_settings(config, environ, tmp_path).sweep.concurrency

    assert concurrency(None, {}) == 1
    assert concurrency(None, {"XOCOMPAT_CONFIG": ""}) == 1
    assert concurrency(None, {"XOCOMPAT_CONFIG": "variable.yaml"}) == 2
    assert concurrency(Path("option.yaml"), {"XOCOMPAT_CONFIG": "variable.yaml"}) == 3
    assert concurrency(tmp_path / "option.yaml", {}) == 3
