"""The shell's door: words, options, JSON and exit status of CONTRACT.md."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.chat.command import Right
from bot.chat.commands.questions import question_in
from tests.cli.running import Run

PROGRAM = str(Path(sys.executable).with_name("xocompat"))
TODAY = ("--as-of", "2026-11-23")


def test_a_release_is_answered_with_its_verdict_first(run: Run) -> None:
    ran = run("XenServer", "7.2", *TODAY)
    assert ran.status == 0
    first = ran.out.split("\n")[0]
    assert first == "XenServer 7.2  ❎ partial support  ☠️ no security updates"
    assert "End of life since 13 Apr 2018 (8 years ago)." in ran.out
    assert "https://bugs.xenserver.org/browse/XSO-868" in ran.out
    assert "upgrade to XenServer 8" in ran.out
    assert ran.err == ""


def test_the_json_of_a_look_up_is_the_one_of_the_contract(run: Run) -> None:
    ran = run("XenServer 7.2", "--json", *TODAY)
    found = ran.json
    (verdict,) = found["assessments"]
    assert list(found) == ["query", "as_of", "outcome", "assessments", "suggestions", "unused"]
    assert (found["query"], found["as_of"], found["outcome"]) == ("XenServer 7.2", "2026-11-23", "assessed")
    assert list(verdict) == [
        "product", "release", "name", "prerelease", "support", "lifecycle", "badges", "known_issues", "recommendation",
        "sources",
    ]  # fmt: skip
    assert (verdict["product"], verdict["release"], verdict["name"]) == ("XenServer", "7.2", "XenServer 7.2")
    assert verdict["support"] == {"level": "partial", "official": True, "extra_features": False}
    assert verdict["lifecycle"] == {
        "stage": "eol",
        "released_on": "2017-05-25",
        "maintenance_ends_on": None,
        "eol_on": "2018-04-13",
        "lts": False,
        "days_left": -3146,
    }
    assert verdict["badges"] == ["partial", "no_security_updates"]
    assert [issue["id"] for issue in verdict["known_issues"]] == ["xs72-jsonrpc-float", "XSO-868"]
    assert all(set(issue) == {"id", "summary", "url"} for issue in verdict["known_issues"])
    assert all(issue["url"].startswith("https://") for issue in verdict["known_issues"])
    assert all(set(source) == {"title", "url"} for source in verdict["sources"])


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("XenServer 7.2", 0),
        ("check XenServer 7.2", 0),
        ("XenServer 6.0", 0),
        ("8.2", 3),
        ("XenServer 7.7", 3),
        ("Foobar 1.0", 3),
        ("Proxmox 8", 3),
        ("XenServer", 3),
        ("XenServer 7.2, XCP-ng 9.9", 3),
        ("list", 0),
        ("list vmware", 2),
        ("issues XSO-868", 0),
        ("issues nonsense-1", 3),
        ("feature vTPM", 0),
        ("feature flurble", 3),
        ("upgrade XenServer 7.2", 0),
        ("upgrade 8.2", 3),
        ("upgrade", 2),
        ("check", 2),
        ("timeline", 0),
        ("help", 0),
        ("", 0),
        ("XenServer 7.2 on 2028-13-01", 2),
    ],
)
def test_the_exit_status_says_how_it_went(run: Run, words: str, status: int) -> None:
    ran = run(*words.split())
    assert ran.status == status
    assert bool(ran.out) == (status != 2)
    assert len(ran.err.splitlines()) == (status == 2)


@pytest.mark.parametrize(
    ("words", "data"),
    [
        ("help flurble", {"outcome": "unknown_command", "suggestions": ["feature", "probe", "fleet"]}),
        ("alerts 99", {"alerts": [], "unknown": [99]}),
        ("ack 98 99", {"alerts": [], "unknown": [98, 99]}),
        ("snooze 99 7d", {"alerts": [], "unknown": [99]}),
        ("xo nobody", {"orchestras": [], "unknown": ["nobody"]}),
        ("doctor --send nobody", None),
    ],
)
def test_what_there_is_not_is_unknown_and_no_wrong_usage(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, words: str, data: dict[str, object] | None
) -> None:
    """CONTRACT.md section 1: 3 is ambiguous or unknown. The line says what there is, and --json prints it, too."""
    monkeypatch.setenv("XO", "x")
    (folder / "xocompat.yaml").write_text(
        "alerts: {channel: C1}\nxen_orchestra: [{name: xo, url: 'https://127.0.0.1:1', token_env: XO}]\n"
    )
    run("db", "upgrade")
    said = run(*words.split())
    assert (said.status, said.out, len(said.err.splitlines())) == (3, "", 1)
    as_json = run(*words.split(), "--json")
    assert (as_json.status, as_json.err) == (3, said.err)
    if data:
        assert {key: as_json.json[key] for key in data} == data


@pytest.mark.parametrize(
    ("condition", "words", "status"),
    [
        ("eol", "XenServer 7.2", 4),
        ("eol", "XCP-ng 8.3", 0),
        ("eol", "8.2", 4),
        ("eol", "XCP-ng 8.3, XenServer 7.2", 4),
        ("eol", "Foobar 1.0", 3),
        ("eol-within:90d", "XenServer 7.2", 4),
        ("eol-within:738d", "XCP-ng 8.3", 4),
        ("eol-within:737d", "XCP-ng 8.3", 0),
        ("partial", "XenServer 7.2", 4),
        ("partial", "XenServer 7.3", 0),
        ("unlisted", "XenServer 6.0", 4),
        ("unlisted", "XenServer 7.2", 0),
        ("eol", "list xcp-ng", 4),
    ],
)
def test_a_condition_that_holds_ends_with_4(run: Run, condition: str, words: str, status: int) -> None:
    assert run(*words.split(), "--fail-on", condition, *TODAY).status == status


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("XCP-ng 8.2", 4),
        ("XCP-ng 8.3", 0),
        ("XCP-ng 8.3 RC1", 4),
        ("XCP-ng 8.3, XenServer 7.2", 4),
        ("XenServer 9", 0),
        ("Foobar 1.0", 3),
    ],
)
def test_what_the_policy_does_not_approve_ends_with_4(run: Run, tmp_path: Path, words: str, status: int) -> None:
    config = tmp_path / "policy.yaml"
    config.write_text('policy: {approved: [XCP-ng 8.3, "XenServer >=8.4"]}')
    assert run(*words.split(), "--fail-on", "not-approved", "--config", str(config), *TODAY).status == status


def test_without_a_policy_nothing_fails_on_it(run: Run) -> None:
    ran = run("XCP-ng 8.2", "--json", "--fail-on", "not-approved", *TODAY)
    assert (ran.status, ran.out) == (2, "")
    assert "policy.approved" in ran.err


def test_any_of_several_conditions_is_enough(run: Run) -> None:
    assert run("XenServer 6.0", "--fail-on", "partial", "--fail-on", "unlisted").status == 4


@pytest.mark.parametrize("condition", ["", "soon", "eol-within", "eol-within:90", "eol-within:-1d", "eol:3d"])
def test_a_condition_that_is_none_says_what_is_allowed(run: Run, condition: str) -> None:
    ran = run("XenServer 7.2", "--json", "--fail-on", condition)
    assert (ran.status, ran.out) == (2, "")
    assert "eol-within:90d" in ran.err


@pytest.mark.parametrize("day", ["2028-13-01", "tomorrow", "2028", ""])
def test_a_day_that_is_none_says_how_to_write_one(run: Run, day: str) -> None:
    ran = run("XenServer", "7.2", "--json", "--as-of", day)
    assert (ran.status, ran.out) == (2, "")
    assert "2028-12-01" in ran.err


def test_only_what_is_about_a_channel_takes_one(run: Run) -> None:
    assert "No such option" in run("alerts", "--channel", "C0123456789").err
    assert "No such option" not in run("--channel", "C0123456789", "watches", "at", "all").err


def test_options_may_stand_before_the_words(run: Run) -> None:
    assert run("--json", *TODAY, "XenServer", "7.2").json["outcome"] == "assessed"
    assert run("--as-of", "2024-11-14", "--json", "list").json["as_of"] == "2024-11-14"


def test_after_two_dashes_nothing_is_an_option(run: Run) -> None:
    assert run("--json", *TODAY, "--", "XenServer", "7.2").json["outcome"] == "assessed"
    assert len(run("--json", "--", "list", "xcp-ng").json["rows"]) == 7
    assert run("--", "-7.2").status == 0
    assert run("--", "-").status == 3
    assert run("--").status == 0


def test_on_date_wins_over_as_of(run: Run) -> None:
    found = run("XCP-ng 8.3 on 2028-12-01", "--json", *TODAY).json
    assert found["as_of"] == "2028-12-01"
    assert found["assessments"][0]["lifecycle"]["stage"] == "eol"


def test_of_several_the_known_are_assessed_and_the_worst_outcome_counts(run: Run) -> None:
    found = run("XenServer 7.2, XCP-ng 9.9", "--json").json
    assert found["outcome"] == "unknown_version"
    assert [verdict["release"] for verdict in found["assessments"]] == ["7.2"]
    assert found["suggestions"]


def test_a_bare_number_of_both_products_assesses_both(run: Run) -> None:
    found = run("8.2", "--json").json
    assert found["outcome"] == "ambiguous"
    assert {verdict["product"] for verdict in found["assessments"]} == {"XCP-ng", "XenServer"}


def test_the_list_of_november_2024_has_21_rows_in_json(run: Run) -> None:
    found = run("list", "--json", "--as-of", "2024-11-14").json
    assert list(found) == ["as_of", "rows"]
    assert len(found["rows"]) == 21
    assert found["rows"][0]["label"] == "XCP-ng 8.3"
    row = next(row for row in found["rows"] if row["label"] == "XenServer 6.1 and 6.2")
    assert (row["releases"], row["badges"]) == (["6.1", "6.2"], ["partial", "no_security_updates"])
    assert [issue["id"] for issue in row["known_issues"]][:2] == ["xs62-xmlrpc-only", "xs62-no-delta"]


def test_the_list_can_be_narrowed_to_a_product(run: Run) -> None:
    rows = run("list", "xcp-ng", "--json", *TODAY).json["rows"]
    assert {row["product"] for row in rows} == {"XCP-ng"}
    assert len(rows) == 7


def test_upgrade_tells_the_steps_and_what_to_check_first(run: Run) -> None:
    ran = run("upgrade", "XenServer", "7.2", *TODAY)
    assert ran.out.startswith("XenServer 7.2 → XenServer 8: 2 steps")
    assert "Citrix Hypervisor 8.2 CU1" in ran.out
    assert "XCP-ng 8.3 LTS" in ran.out
    assert "host-emergency-reset-server-certificate" in ran.out


def test_features_are_told_as_in_the_draft(run: Run) -> None:
    assert run("feature", "vTPM").out.startswith("Feature vTPM  XCP-ng from 8.3 · XenServer from 8")
    assert run("feature", "zfs").out.startswith("Feature ZFS storage  XCP-ng from 8.2 · XenServer never")


def test_the_timeline_says_what_ends_next(run: Run) -> None:
    first = run("timeline", *TODAY).out.split("\n")[0]
    assert "XCP-ng 8.3 LTS and XenServer 8 on 30 Nov 2028 (in 2 years)" in first


def test_a_day_before_the_release_says_that_it_was_not_out(run: Run) -> None:
    ran = run("XenServer", "7.2", "--as-of", "2017-01-01")
    assert "not released yet" in ran.out
    assert "came out on 25 May 2017" in ran.out


def test_fail_on_is_refused_where_no_verdict_is_told(run: Run) -> None:
    assert run("help", "--fail-on", "eol").status == 2


def test_an_unknown_option_is_one_line(run: Run) -> None:
    ran = run("XenServer", "7.2", "--flurble")
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (2, "", 1)


def test_all_problems_of_a_configuration_are_told_a_line_each(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "bad.yaml"
    config.write_text("sweep: {every: never}\nflurble: 1\ntargets: [{name: a}]\n")
    ran = run("XenServer", "7.2", "--json", "--config", str(config))
    assert (ran.status, ran.out) == (2, "")
    assert len(ran.err.splitlines()) >= 3
    assert all("bad.yaml" in line for line in ran.err.splitlines())
    assert "flurble" in ran.err
    assert "sweep.every" in ran.err


def test_every_command_of_chat_has_help_with_examples(run: Run) -> None:
    ran = run("upgrade", "--help")
    assert ran.status == 0
    assert "xocompat upgrade XenServer 7.2" in ran.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there_for_a_shell(run: Run, shell: str) -> None:
    ran = run("completion", shell)
    assert ran.status == 0
    assert "_XOCOMPAT_COMPLETE" in ran.out


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=200))
@example("INVENTORY")
def test_any_words_get_an_answer_without_control_characters(run: Run, text: str) -> None:
    ran = run("check", "--", text)
    asked = question_in(text)
    is_about_the_fleet = asked is not None and asked.question.command.right is Right.FLEET
    assert ran.status in (0, 2, 3) or (ran.status == 1 and is_about_the_fleet)  # there is no database here
    shown = ran.out + ran.err
    assert not [c for c in shown if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]


@pytest.mark.parametrize("words", ["inventory", "who is down?", "which of our hosts are eol", "who is on 8.2"])
def test_a_question_about_the_fleet_says_that_there_is_no_database_yet(run: Run, words: str) -> None:
    ran = run("check", words)
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert "xocompat.db is not there yet" in ran.err


def test_forty_thousand_characters_are_answered_briefly(run: Run) -> None:
    for text in ("x" * 40_000, "\x1b[31m" * 8_000, "7.2, " * 8_000, ">=" * 20_000):
        ran = run("check", "--", text)
        assert ran.status in (0, 2, 3)
        assert len(ran.out) < 20_000
        assert "\x1b" not in ran.out + ran.err


def test_a_quoted_line_is_the_command_it_would_be_in_chat(run: Run) -> None:
    assert len(run("list xcp-ng", "--json").json["rows"]) == 7
    assert run("upgrade XenServer 7.2").out.startswith("XenServer 7.2 → ")


def test_an_error_that_quotes_what_was_typed_stays_short(run: Run) -> None:
    ran = run("XenServer", "7.2", "--" + "x" * 40_000)
    assert ran.status == 2
    assert len(ran.err) < 600


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("exec {} XenServer 7.2 >&-", "it is closed"),
        ("exec {} XenServer 7.2 --json >&-", "it is closed"),
        ("{} list >/dev/full", "No space left on device"),
        ("mkdir gone && cd gone && rmdir ../gone && {} XenServer 7.2", "folder is gone"),
    ],
)
def test_an_output_or_a_folder_that_is_gone_is_one_line_and_1(tmp_path: Path, command: str, told: str) -> None:
    shell = ["sh", "-c", command.format(PROGRAM)]
    ran = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, len(ran.stderr.splitlines())) == (1, 1), ran.stderr
    assert told in ran.stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    shell = ["sh", "-c", f"{PROGRAM} timeline | head -1"]
    ran = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
