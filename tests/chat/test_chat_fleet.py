"""`fleet`: what is known of all hosts, narrowed down by words."""

import json
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bot.chat.command import Caller, Right
from bot.chat.commands import FLEET
from bot.chat.commands.fleet import MENU_STATES, fleet_line
from bot.chat.filter import STATES
from bot.chat.reply import Ask, Bullets, Menu, Paragraph, Reply, Table, line, plain
from bot.chat.runner import CommandRunner
from bot.errors import UsageError
from bot.fleet.policy import Policy
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.slack.blocks import messages
from bot.slack.table_blocks import TableForm
from bot.xapi.observation import Software
from tests.chat.fleet import NOON, fleet, ports
from tests.fleet.fakes import FakeStore, FakeSweepLog, answered, host, target
from tests.slack.blockkit import complaints
from tests.translations import spoken

ALL = frozenset(Right)
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def known(matrix: Matrix, reader: Reader) -> CommandRunner:
    """Answers about the fleet of the tests."""
    return CommandRunner(ports(matrix, reader, fleet()), lambda: TODAY)


def _names(reply: Reply) -> list[str]:
    return [seen["name"] for seen in (reply.data or {})["hosts"]]


def test_all_hosts_are_shown_the_worst_first(known: CommandRunner) -> None:
    reply = known.answer("fleet", ALL)
    assert _names(reply) == ["archive-1", "spare-1", "xen-2", "xen-12", "xen-1", "xen-11"]
    assert reply.exit_status == 0
    table = next(block for block in reply.blocks if isinstance(block, Table))
    assert [plain(row[0]) for row in table.rows] == _names(reply)


def test_the_first_line_counts_hosts_pools_and_what_is_wrong(known: CommandRunner) -> None:
    said = known.answer("fleet", ALL).summary
    assert said == (
        "6 hosts in 4 pools: 3 get no security updates, 1 of an unknown version, 1 not seen since 23 Nov 2026 12:00 UTC"
    )


def test_targets_without_an_answer_are_told_with_their_reason_those_that_never_had_one_first(
    known: CommandRunner,
) -> None:
    (silent,) = (block for block in known.answer("fleet", ALL).blocks if isinstance(block, Bullets))
    assert silent.title == "Without an answer: 3 of 6 targets"
    assert [plain(item) for item in silent.items] == [
        "dead-a: never answered, 1 try. dead-a did not answer: nothing listens on its address.",
        "new-a: not asked yet",
        "down-a: since 23 Nov 2026 12:00 UTC, 1 try. down-a did not answer: nothing listens on its address.",
    ]


def test_the_last_sweep_stands_below_as_a_moment_that_stays_true(known: CommandRunner) -> None:
    first = plain(known.answer("fleet", ALL).context[0])
    assert first == "Last sweep 23 Nov 2026 12:00 UTC: 5 targets, 2 without an answer."


def test_the_json_is_that_of_a_probes_hosts_and_says_where_they_were_seen(known: CommandRunner) -> None:
    data = known.answer("fleet xen-2", ALL).data or {}
    assert json.loads(json.dumps(dict(data))) == dict(data)
    (seen,) = data["hosts"]
    assert data["as_of"] == "2026-11-23"
    assert (seen["pool"], seen["target"], seen["observed_at"], seen["reachable"]) == (
        "lab pool", "lab-a", "2026-11-23T12:00:00Z", True,
    )  # fmt: skip
    assert (seen["product_version"], seen["reboot_required"]) == ("8.2.1", True)
    assert seen["assessment"]["lifecycle"]["stage"] == "eol"
    assert data["sweep"] == {"finished_at": "2026-11-23T12:00:00Z", "targets": 5, "failed": 2}
    down = next(each for each in data["targets"] if each["name"] == "down-a")
    assert (down["reachable"], down["error"]["code"]) == (False, "unreachable")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("eol", ["archive-1", "spare-1", "xen-2"]),
        ("EOL", ["archive-1", "spare-1", "xen-2"]),
        ("eol lab", ["spare-1", "xen-2"]),
        ("lab, eol", ["spare-1", "xen-2"]),
        ("unreachable", ["spare-1"]),
        ("reachable eol", ["archive-1", "xen-2"]),
        ("partial", ["archive-1"]),
        ("unknown", ["xen-12"]),
        ("mixed", ["xen-2", "xen-12", "xen-1", "xen-11"]),
        ("restart", ["xen-2"]),
        ("reboot", ["xen-2"]),
        ("unlisted", []),
        ("ending", []),
        ("ending on 2028-11-01", ["xen-1", "xen-11"]),
        ("prod", ["archive-1", "xen-12", "xen-11"]),
        ("prod archive", ["archive-1"]),
        ("lab pool", ["xen-2", "xen-1"]),
        ('"Lab Pool"', ["xen-2", "xen-1"]),
        ("prod-a", ["xen-12", "xen-11"]),
        ("xen-11", ["xen-11"]),
        ("uuid-xen-11", ["xen-11"]),
        ("8.2", ["spare-1", "xen-2"]),
        ("XCP-ng 8.2", ["spare-1", "xen-2"]),
        ("8.2.1", ["xen-2"]),
        ("XenServer", ["archive-1", "xen-11"]),
        ("xcp-ng lab eol", ["spare-1", "xen-2"]),
        ("XenServer >=7.0,<7.4", ["archive-1"]),
        ("XenServer 8", ["xen-11"]),
        ("eol XenServer 7.2 archive", ["archive-1"]),
        ("new-a", []),
    ],
)
def test_words_narrow_it_down_and_all_must_hold(known: CommandRunner, words: str, names: list[str]) -> None:
    reply = known.answer(f"fleet {words}", ALL)
    assert (_names(reply), reply.exit_status) == (names, 0)


@pytest.mark.parametrize(
    ("words", "unknown", "near"),
    [
        ("unreachble", ["unreachble"], "unreachable"),
        ("lba", ["lba"], "lab"),
        ("xen-111", ["xen-111"], "xen-11"),
        ("8.2 flurble", ["8.2", "flurble"], None),
        ("eol flurble", ["flurble"], None),
        ("XenServer 7.7", ["XenServer", "7.7"], None),
    ],
)
def test_words_that_are_none_get_near_ones_and_what_there_is(
    known: CommandRunner, words: str, unknown: list[str], near: str | None
) -> None:
    reply = known.answer(f"fleet {words}", ALL)
    data = reply.data or {}
    assert (reply.exit_status, data["unknown"], data["hosts"]) == (3, unknown, [])
    assert near is None or near in data["suggestions"]
    assert "a tag (archive, lab, prod)" in plain(reply.blocks[0].lines[0])  # type: ignore[union-attr]


def test_another_day_has_other_verdicts(known: CommandRunner) -> None:
    assert known.answer("fleet eol on 2025-01-01", ALL).data == known.answer(
        "fleet eol", ALL, date(2025, 1, 1)
    ).data  # fmt: skip
    assert _names(known.answer("fleet eol on 2025-01-01", ALL)) == ["archive-1"]


def test_a_day_that_is_none_is_told(known: CommandRunner) -> None:
    with pytest.raises(UsageError, match="2028-02-30"):
        known.answer("fleet eol on 2028-02-30", ALL)


def test_only_those_with_the_right_see_the_fleet_or_the_button_to_sweep_it(known: CommandRunner) -> None:
    assert known.answer("fleet", frozenset({Right.LOOKUP, Right.PROBE})).kind == "refused"
    buttons = known.answer("fleet", frozenset({Right.FLEET})).buttons
    assert not any(isinstance(button, Ask) for button in buttons)


def test_hosts_that_the_policy_does_not_approve(known: CommandRunner) -> None:
    policy = Policy(("XCP-ng 8.3", "XenServer >=8.4"))
    desk = known._replace(ports=known.ports._replace(policy=policy))
    for words in ("not-approved", "not approved"):
        assert _names(desk.answer(f"fleet {words}", ALL)) == ["archive-1", "spare-1", "xen-2", "xen-12"]
    assert _names(desk.answer("fleet not-approved lab", ALL)) == ["spare-1", "xen-2"]
    shown = desk.answer("fleet xen-2", ALL)
    assert [each["policy"] for each in (shown.data or {})["hosts"]] == ["not_approved"]
    (table,) = (block for block in shown.blocks if isinstance(block, Table))
    assert "not approved" in plain(table.rows[0][-1])


def test_without_a_policy_nothing_is_held_against_it(known: CommandRunner) -> None:
    with pytest.raises(UsageError, match=r"policy\.approved"):
        known.answer("fleet not-approved", ALL)
    assert {each["policy"] for each in (known.answer("fleet", ALL).data or {})["hosts"]} == {None}


def test_verdicts_are_there_for_fail_on(known: CommandRunner) -> None:
    assert {a.name for a in known.answer("fleet eol", ALL).assessed or ()} == {"XenServer 7.2", "XCP-ng 8.2 LTS"}


def test_the_next_step_is_that_of_the_worst_release_with_all_its_hosts(known: CommandRunner) -> None:
    steps = [
        plain(row)
        for block in known.answer("fleet lab", ALL).blocks
        if isinstance(block, Paragraph)
        for row in block.lines
    ]
    assert steps == [
        "Next step: XCP-ng 8.2 LTS (2 hosts): upgrade to XCP-ng 8.3 LTS.",
        "Patch level: 1 waits for a restart\N{EM SPACE}3 cannot be told",
    ]


@pytest.fixture(scope="module")
def patched(matrix: Matrix, reader: Reader) -> CommandRunner:
    """Answers about a pool of hosts that are behind, of which one waits for a restart, or cannot be told."""
    running = {"behind": "4.17.5-1", "waits": "4.17.5-1", "newest": "4.17.6-9", "silent": None}
    members = [
        host(name, coordinator=name == "behind", reboot_required=name == "waits", software=Software(xen=xen))
        for name, xen in running.items()
    ]
    store, sweeps = FakeStore(), FakeSweepLog()
    store.record((answered(target("lab-a", "lab"), NOON, *members, host("odd", "9.9.9"), pool="lab pool"),), NOON)
    return CommandRunner(ports(matrix, reader, (store, sweeps)), lambda: TODAY)


def test_a_fleet_says_how_many_hosts_have_which_patch_state(patched: CommandRunner) -> None:
    reply = patched.answer("fleet", ALL)
    said = [plain(row) for block in reply.blocks if isinstance(block, Paragraph) for row in block.lines]
    assert said == ["Patch level: 2 have known holes\N{EM SPACE}1 waits for a restart\N{EM SPACE}3 cannot be told"]
    table = next(block for block in reply.blocks if isinstance(block, Table))
    remarks = {plain(row[0]): plain(row[4]) for row in table.rows}
    assert remarks["newest"] == "cannot tell if patched"
    assert remarks["waits"].endswith("known holes, restart pending")


def test_each_host_in_json_has_its_patch_state(patched: CommandRunner) -> None:
    data = json.loads(json.dumps(dict(patched.answer("fleet", ALL).data or {})))
    patch = {each["name"]: each["patch"] for each in data["hosts"]}
    states = {name: (each["state"], each["restart_required"]) for name, each in patch.items()}
    assert states == {
        "behind": ("vulnerable", False),
        "waits": ("vulnerable", True),
        "newest": ("cannot_tell", False),
        "silent": ("cannot_tell", False),
        "odd": ("cannot_tell", None),
    }
    assert "XSA-486" in patch["behind"]["vulnerable"]
    assert patch["newest"] == {**patch["newest"], "vulnerable": [], "cannot_tell": 18, "not_shown": 22}
    assert patch["odd"] == {**patch["odd"], "vulnerable": [], "cannot_tell": None, "not_shown": None}


def test_hosts_are_chosen_by_their_holes_and_it_says_of_how_many_that_is_not_known(patched: CommandRunner) -> None:
    reply = patched.answer("fleet vulnerable", ALL)
    assert sorted(_names(reply)) == ["behind", "waits"]
    said = [plain(row) for block in reply.blocks if isinstance(block, Paragraph) for row in block.lines]
    assert said == [
        "Patch level: 2 have known holes\N{EM SPACE}1 waits for a restart\N{EM SPACE}of 3 other hosts it cannot be told"
    ]
    narrowed = patched.answer("fleet vulnerable behind", ALL)  # of whom nobody asked is not counted
    assert plain(next(b.lines[0] for b in narrowed.blocks if isinstance(b, Paragraph))) == (
        "Patch level: 1 has known holes"
    )
    assert _names(patched.answer("fleet vulnerable restart", ALL)) == ["waits"]
    assert _names(patched.answer("fleet restart", ALL)) == ["waits"]


def test_without_a_database_it_says_what_to_configure(desk: CommandRunner) -> None:
    for words in ("fleet", "sweep"):
        with pytest.raises(UsageError, match="add `targets` or `xen_orchestra`"):
            desk.answer(words, ALL)


def test_before_the_first_sweep_it_says_so(matrix: Matrix, reader: Reader) -> None:
    empty = CommandRunner(ports(matrix, reader, (FakeStore(), FakeSweepLog())), lambda: TODAY)
    reply = empty.answer("fleet", ALL)
    assert reply.summary == "No host is known yet: 6 targets to ask"
    assert plain(reply.context[0]) == "No sweep is done yet."


def _large(matrix: Matrix, reader: Reader, count: int) -> CommandRunner:
    store = FakeStore()
    runs = ("8.3.0", "8.2.1", "8.0.0")
    many = [host(f"xen-{at:05}", runs[at % 3], coordinator=not at) for at in range(count)]
    store.record((answered(target("lab-a", "lab"), NOON, *many, pool="big"),), NOON)
    return CommandRunner(ports(matrix, reader, (store, FakeSweepLog())), lambda: TODAY)


def _table(reply: Reply) -> list[list[str]]:
    (table,) = (block for block in reply.blocks if isinstance(block, Table))
    return [[plain(cell) for cell in row] for row in table.rows]


def test_a_large_fleet_is_shown_release_by_release_the_worst_first(matrix: Matrix, reader: Reader) -> None:
    reply = _large(matrix, reader, 400).answer("fleet", ALL)
    assert _table(reply) == [
        ["XCP-ng 8.0", "133", "none", "13 Nov 2020", "none", "full", "1"],
        ["XCP-ng 8.2 LTS", "133", "none", "16 Sep 2025", "none", "full", "1"],
        ["XCP-ng 8.3 LTS", "134", "all", "30 Nov 2028", "738", "full, extras", "1"],
    ]
    assert len(_names(reply)) == 400
    for form in TableForm:
        (sent,) = messages(reply, tables=form)
        assert complaints(sent.body()) == []


def test_its_menus_lead_to_hosts_of_a_release_and_to_hosts_alike(matrix: Matrix, reader: Reader) -> None:
    large = _large(matrix, reader, 400)
    releases, alike = (button for button in large.answer("fleet", ALL).buttons if isinstance(button, Menu))
    assert [(entry.label, entry.words) for entry in releases.entries] == [
        ("XCP-ng 8.0 (133)", "fleet XCP-ng 8.0"),
        ("XCP-ng 8.2 LTS (133)", "fleet XCP-ng 8.2"),
        ("XCP-ng 8.3 LTS (134)", "fleet XCP-ng 8.3"),
    ]
    assert ("No security updates (266)", "fleet eol") in [(entry.label, entry.words) for entry in alike.entries]
    for entry in (*releases.entries, *alike.entries):
        count = entry.label.rpartition("(")[2].strip(")")
        assert len(_names(large.answer(entry.words, ALL))) == int(count), entry


def test_every_word_of_a_menu_is_one_that_narrows_a_fleet_down() -> None:
    assert MENU_STATES.keys() <= STATES.keys()


def test_hosts_come_in_pages_that_hold_each_of_them_once(matrix: Matrix, reader: Reader) -> None:
    large = _large(matrix, reader, 400)
    first = large.answer("fleet eol", ALL)
    assert len(_table(first)) == 100
    assert Ask("Next 100", "fleet eol page 2") in first.buttons
    seen = [row[0] for page in (1, 2, 3) for row in _table(large.answer(f"fleet eol page {page}", ALL))]
    assert len(seen) == len(set(seen)) == 266
    last = large.answer("fleet eol page 3", ALL)
    assert "Hosts 201 to 266 of 266, the worst first. That is the last page" in " ".join(
        plain(row) for block in last.blocks if isinstance(block, Paragraph) for row in block.lines
    )
    assert not any(isinstance(button, Ask) and button.label.startswith("Next") for button in last.buttons)
    assert _table(large.answer("fleet eol page 99", ALL)) == _table(last)


@pytest.mark.parametrize("form", [TableForm.DATA_TABLE, TableForm.TABLE])
def test_a_page_of_hosts_is_one_message_where_there_are_tables(matrix: Matrix, reader: Reader, form: TableForm) -> None:
    sent = messages(_large(matrix, reader, 400).answer("fleet eol", ALL), tables=form)
    assert len(sent) == (1 if form is TableForm.DATA_TABLE else 2)
    assert [complaints(message.body()) for message in sent] == [[]] * len(sent)


def test_a_page_of_hosts_that_cannot_be_told_is_one_message(matrix: Matrix, reader: Reader) -> None:
    store = FakeStore()
    runs = Software(xen="4.17.6-9", xapi="26.1.4")
    many = [host(f"xen-{at:05}", coordinator=not at, software=runs) for at in range(200)]
    store.record((answered(target("lab-a", "lab"), NOON, *many, pool="big"),), NOON)
    reply = CommandRunner(ports(matrix, reader, (store, FakeSweepLog())), lambda: TODAY).answer("fleet 8.3", ALL)
    assert {row[4] for row in _table(reply)} == {"coordinator, cannot tell if patched", "cannot tell if patched"}
    assert len(messages(reply, tables=TableForm.DATA_TABLE)) == 1


def test_the_whole_fleet_is_a_file(matrix: Matrix, reader: Reader) -> None:
    large = _large(matrix, reader, 400)
    assert Ask("Send me the CSV", "fleet eol csv") in large.answer("fleet eol", ALL).buttons
    reply = large.answer("fleet eol csv", ALL)
    assert reply.summary == "266 hosts as a CSV file, chosen by eol"
    assert reply.attachment
    assert reply.attachment.name == "fleet-2026-11-23.csv"
    assert len(reply.attachment.content.splitlines()) == 1 + 266


def test_one_who_takes_all_gets_every_host_in_the_table(matrix: Matrix, reader: Reader) -> None:
    large = _large(matrix, reader, 400)
    reply = large.run(FLEET, "", ALL, caller=Caller(takes_all=True))
    assert len(_table(reply)) == 400


def test_what_a_host_calls_itself_is_data(matrix: Matrix, reader: Reader) -> None:
    store = FakeStore()
    nasty = host("<!channel> \x1b[31m\u202ered", "8.3.0\n=cmd")
    store.record((answered(target("lab-a"), NOON, nasty, pool="<@U0123456>"),), NOON)
    reply = CommandRunner(ports(matrix, reader, (store, FakeSweepLog())), lambda: TODAY).answer("fleet", ALL)
    sent = json.dumps([message.body() for message in messages(reply)])
    assert "<!channel>" not in sent
    assert "<@U0123456>" not in sent
    assert "\\u001b" not in sent


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "cannot tell if patched"),
        (1, "cannot tell if patched, 1 update pending"),
        (1_234, "cannot tell if patched, 1,234 updates pending"),
    ],
)
def test_updates_that_a_host_misses_are_counted(matrix: Matrix, reader: Reader, count: int, told: str) -> None:
    store = FakeStore()
    store.record((answered(target("lab-a"), NOON, host("xen-1", coordinator=False, pending_updates=count)),), NOON)
    reply = CommandRunner(ports(matrix, reader, (store, FakeSweepLog())), lambda: TODAY).answer("fleet", ALL)
    table = next(block for block in reply.blocks if isinstance(block, Table))
    assert [plain(row[-1]) for row in table.rows] == [told]


def test_a_version_that_is_not_said_is_known_to_scripts_by_the_same_words_whatever_language_is_spoken(
    matrix: Matrix, reader: Reader, tmp_path: Path
) -> None:
    store, catalog = FakeStore(), Catalog(locale="de")
    catalog.add("unknown brand", "unbekannte Marke")
    store.record((answered(target("lab-a"), NOON, host("xen-1", "9.9.9", brand="")),), NOON)
    with spoken(catalog, tmp_path):
        reply = CommandRunner(ports(matrix, reader, (store, FakeSweepLog())), lambda: TODAY).answer("fleet", ALL)
    table = next(block for block in reply.blocks if isinstance(block, Table))
    assert [plain(row[1]) for row in table.rows] == ["unbekannte Marke 9.9.9"]
    assert [release["name"] for release in (reply.data or {})["releases"]] == ["unknown brand 9.9.9"]


@hypothesis_settings(max_examples=200, deadline=None)
@given(words=st.one_of(st.text(max_size=80), st.lists(st.sampled_from(
    ("eol", "lab", "lab pool", "8.2", "XCP-ng", ">=7", "on", "2028-01-01", ",", "and", "_", "*", "xen-1", "or")
)).map(" ".join)))  # fmt: skip
def test_any_words_narrow_the_fleet_down_or_are_told(known: CommandRunner, words: str) -> None:
    try:
        reply = known.answer(f"fleet {words}", ALL)
    except UsageError as error:
        reply = Reply("usage", line(str(error)), data={"hosts": []})
    assert reply.summary.isprintable()
    assert set(_names(reply)) <= {"archive-1", "spare-1", "xen-2", "xen-12", "xen-1", "xen-11"}


def test_without_anything_to_watch_it_says_what_to_add(matrix: Matrix, reader: Reader) -> None:
    watched = ports(matrix, reader, (FakeStore(), FakeSweepLog())).watched
    assert watched
    assert (
        plain(fleet_line((), 0, "", watched._replace(sources=())))
        == "No host is watched: add targets or xen_orchestra to the configuration"
    )
