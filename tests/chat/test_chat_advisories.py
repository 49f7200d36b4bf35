"""`advisory ID`, an id alone, and `advisories [RELEASE]`."""

import subprocess
import sys
from datetime import date
from typing import Any

import pytest

from bot.chat.advisory_ids import ids_in, is_id
from bot.chat.command import Ports, Right
from bot.chat.commands import ADVISORY, CHECK
from bot.chat.interpret import interpret
from bot.chat.reply import Bullets, Reply, Table, plain
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader
from bot.xapi.observation import Software
from tests.chat.fleet import NOON, fleet, patched_desk, ports
from tests.fleet.fakes import FakeStore, FakeSweepLog, answered, host, target

pytestmark = pytest.mark.unit

DAY = date(2026, 11, 27)
LOOKUP = frozenset([Right.LOOKUP])


@pytest.fixture
def alone(matrix: Matrix, reader: Reader) -> CommandRunner:
    return CommandRunner(Ports(matrix, reader), lambda: DAY)


def _data(reply: Reply) -> dict[str, Any]:
    assert reply.data is not None
    return dict(reply.data)


@pytest.mark.parametrize("words", ["XSA-517", "xsa-517", "CVE-2026-79610", "advisory XSA-517", "is XSA-517 fixed?"])
def test_an_advisory_is_found_by_each_of_its_ids(alone: CommandRunner, words: str) -> None:
    reply = alone.answer(words, LOOKUP)
    data = _data(reply)
    assert (data["outcome"], reply.exit_status) == ("assessed", 0)
    (found,) = data["advisories"]
    assert found["id"] == "XSA-517"
    assert "hosts" not in data
    assert reply.summary.startswith("XSA-517 (CVE-2026-79610): a guest can take over its host")
    assert reply.depends_on_rights


@pytest.mark.parametrize("words", ["XSA-999", "advisory nonsense", "CVE-2031-1", "GHSA-aaaa-bbbb-cccc"])
def test_an_unknown_one_says_of_which_day_the_data_are(alone: CommandRunner, words: str) -> None:
    reply = alone.answer(words, LOOKUP)
    data = _data(reply)
    assert (data["outcome"], data["advisories"], reply.exit_status) == ("unknown_advisory", [], 3)
    assert "is not in the advisories of 26 Nov 2026" in reply.summary
    assert "No release is named" not in reply.summary


def test_a_hotfix_is_its_advisories_and_an_unknown_one_its_release(alone: CommandRunner) -> None:
    known = _data(alone.answer("XS82ECU1086", LOOKUP))
    assert [each["id"] for each in known["advisories"]] == ["XSA-469", "XSA-467"]
    assert alone.answer("XS82ECU1056", LOOKUP).kind == "check"


def test_hosts_are_told_to_who_may_see_the_fleet(matrix: Matrix, reader: Reader) -> None:
    store, sweeps = fleet()
    source = target("lab-a", "lab")
    running = {"old": "4.17.5-1", "new": "4.17.6-8", "pending": "4.17.5-1"}
    members = [
        host(name, reboot_required=name == "pending", coordinator=name == "old", software=Software(xen=xen))
        for name, xen in running.items()
    ]
    store.record((answered(source, NOON, *members, pool="lab pool"),), NOON)
    runner = CommandRunner(ports(matrix, reader, (store, sweeps)), lambda: DAY)
    reply = runner.answer("XSA-486", frozenset(Right))
    hosts = {each["name"]: each for each in _data(reply)["hosts"]}
    assert hosts["old"]["state"] == "vulnerable"
    assert (hosts["old"]["field"], hosts["old"]["value"]) == ("xen", "4.17.5-1")
    assert hosts["new"]["state"] == "fixed"
    assert (hosts["pending"]["state"], hosts["pending"]["restart_required"]) == ("vulnerable", True)
    assert hosts["xen-12"]["state"] == "cannot_tell"
    titles = [block.title for block in reply.blocks if isinstance(block, Bullets)]
    assert titles == ["Your fleet", "Affected", "Sources"]
    assert _bullets(reply)[:6] == [
        "1 vulnerable, and a restart may bring the fix: pending",
        "2 vulnerable: spare-1, old",
        "1 cannot be told (the data say nothing of this release): archive-1",
        "1 cannot be told (a release that is not known): xen-12",
        "1 cannot be told (which build runs there is not said; look for xen-4.17.6-8.xs8): xen-11",
        "1 fixed: new",
    ]
    assert reply.summary.endswith(": a guest can take over its host, 3 of 7 hosts vulnerable")
    assert "hosts" not in _data(runner.answer("XSA-486", LOOKUP))


def _bullets(reply: Reply) -> list[str]:
    return [plain(item) for block in reply.blocks if isinstance(block, Bullets) for item in block.items]


def test_a_fix_is_told_by_the_field_that_shows_it(alone: CommandRunner) -> None:
    said = _bullets(alone.answer("XSA-486", LOOKUP))
    assert said[:2] == [
        "XCP-ng 8.3: fixed from xen 4.17.6-8; 4.17.6-6 may have it or not",
        "XCP-ng 8.2 and Citrix Hypervisor 8.2: no fix, support ended before",
    ]
    assert "XCP-ng 8.3 and XenServer 8: fixed from xen 4.17.7" in _bullets(alone.answer("XSA-507", LOOKUP))[0]
    assert _bullets(alone.answer("XSA-489", LOOKUP))[0].startswith("XCP-ng 8.3: fixed from xapi 26.1.4")
    assert _bullets(alone.answer("CVE-2026-113610", LOOKUP))[0] == "Xen Orchestra: fixed from 6.9.0"


def test_of_one_release_the_list_tells_its_own_fixes(alone: CommandRunner) -> None:
    reply = alone.answer("advisories XCP-ng 8.3", LOOKUP)
    (table,) = [block for block in reply.blocks if isinstance(block, Table)]
    fixes = {plain(row[0]): plain(row[4]) for row in table.rows}
    assert (fixes["XSA-486"], fixes["XSA-517"], fixes["XSA-494"]) == ("xen 4.17.6-8", "not known", "not affected")
    everywhere = alone.answer("advisories", LOOKUP)
    (table,) = [block for block in everywhere.blocks if isinstance(block, Table)]
    fixes = {plain(row[0]): plain(row[4]) for row in table.rows}
    assert fixes["XSA-486"].startswith("XCP-ng 8.3: xen 4.17.6-8, XenServer 9: xen 4.20.2-10")


def test_the_gravest_come_first(alone: CommandRunner) -> None:
    every = _data(alone.answer("advisories", LOOKUP))["advisories"]
    assert [each["id"] for each in every][:1] == ["CVE-2026-133469"]
    reply = alone.answer("advisories XCP-ng 8.3", LOOKUP)
    (table,) = [block for block in reply.blocks if isinstance(block, Table)]
    found = _data(reply)["advisories"]
    assert len(table.rows) == len(found) > 40
    ranks = [["critical", "high", "medium", "low"].index(each["severity"]) for each in found]
    assert ranks == sorted(ranks)
    assert alone.answer("advisories XCP-ng 9.9", LOOKUP).exit_status == 3


@pytest.mark.parametrize(
    ("words", "unused"),
    [
        ("advisory XSA-517 XCP-ng 8.2", ["XCP-ng 8.2"]),
        ("advisory XSA-517 foo 9.9 2026-01-01", ["foo 9.9", "2026-01-01"]),
        ("XSA-517 on 2026-01-01", ["on 2026-01-01"]),
        ("xsa 517 2026-01-01", ["2026-01-01"]),
        ("XSA-517 since last patched 2024-03-01", ["last patched", "2024-03-01"]),
        ("XSA-999 on 2026-01-01", ["on 2026-01-01"]),
        ("advisories XCP-ng 8.3 on 2026-01-01", ["on 2026-01-01"]),
        ("advisories 8.3 2026-01-01", ["2026-01-01"]),
        ("advisories xo in 2020", ["in 2020"]),
        ("advisories on 2020-01-01", ["on 2020-01-01"]),
        ("XSA-517 prod", ["prod"]),
        ("is XSA-517 fixed in our lab", ["lab"]),
        ("are we vulnerable to XSA-517 and CVE 2026 133469?", []),
        ("advisories XCP-ng 8.3", []),
    ],
)
def test_what_stands_beside_an_id_or_a_release_is_named(alone: CommandRunner, words: str, unused: list[str]) -> None:
    reply = alone.answer(words, LOOKUP)
    assert _data(reply)["unused"] == unused
    assert [plain(said) for said in reply.context if plain(said).startswith("Not used")] == [
        f"Not used: {', '.join(unused)}" for _ in unused[:1]
    ]


def test_names_of_the_fleet_beside_an_id_are_named_to_who_may_see_it(matrix: Matrix, reader: Reader) -> None:
    known = ports(matrix, reader, fleet())
    assert known.watched
    watched = known.watched._replace(sources=(target("lab-a", "team"),))
    runner = CommandRunner(known._replace(watched=watched), lambda: DAY)
    words = "is xen-1 of the team hit by XSA-517"
    assert _data(runner.answer(words, frozenset(Right)))["unused"] == ["hit", "xen-1", "team"]
    assert "team" not in _data(runner.answer(words, LOOKUP))["unused"]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (["4.17.6-9", "4.17.6-9"], "fixed on 2 hosts"),
        (["4.17.6-6", "4.17.6-6"], "cannot be told of 2 hosts"),
        (["4.17.6-9", "4.17.6-6"], "cannot be told of 1 of 2 hosts"),
        (["4.17.6-9", "4.17.6-6", "4.17.5-1"], "1 of 3 hosts vulnerable"),
        (["4.17.5-1"], "1 host vulnerable"),
    ],
)
def test_the_first_line_has_one_of_three_answers(matrix: Matrix, reader: Reader, runs: list[str], said: str) -> None:
    store, sweeps = FakeStore(), FakeSweepLog()
    hosts = [host(f"h{at}", coordinator=not at, software=Software(xen=xen)) for at, xen in enumerate(runs)]
    store.record((answered(target("lab-a", "lab"), NOON, *hosts, pool="lab"),), NOON)
    runner = CommandRunner(ports(matrix, reader, (store, sweeps)), lambda: DAY)
    assert runner.answer("XSA-486", frozenset(Right)).summary.rpartition(", ")[2] == said


@pytest.mark.parametrize(
    ("one", "shown"),
    [("CVE-2026-102703", "CVE-2026-102703"), ("QEMU-2025-02", "CVE-2023-3354"), ("XO-2026-07", "XO-2026-07")],
)
def test_an_advisory_has_the_name_that_people_know(alone: CommandRunner, one: str, shown: str) -> None:
    (found,) = _data(alone.answer(f"advisory {one}", LOOKUP))["advisories"]
    assert found["id"] == shown


def test_what_does_not_affect_a_release_is_counted_apart_and_comes_last(alone: CommandRunner) -> None:
    reply = alone.answer("advisories XCP-ng 8.3", LOOKUP)
    assert reply.summary == "XCP-ng 8.3 LTS: 70 advisories known, 11 more do not affect it"
    (table,) = [block for block in reply.blocks if isinstance(block, Table)]
    fixes = [plain(row[4]) for row in table.rows]
    assert fixes[-11:] == ["not affected"] * 11
    assert "not affected" not in fixes[:-11]


@pytest.mark.parametrize("words", ["XSA-486", "XSA-99999", "advisories", "advisories 9.9", "xo", "fleet", "XCP-ng 8.3"])
def test_advisories_that_are_old_are_said_where_an_answer_rests_upon_them(
    matrix: Matrix, reader: Reader, words: str
) -> None:
    def footer(day: date) -> str:
        return " ".join(map(plain, patched_desk(matrix, reader, day).answer(words, frozenset(Right)).context))

    assert "Old data" not in footer(date(2026, 12, 31))
    old = "Old data: security advisories of 26 Nov 2026 (36 days)"
    assert (old in footer(date(2027, 1, 1))) is (words != "XCP-ng 8.3")


def test_of_xen_orchestra_the_last_number_with_the_hole_is_told(alone: CommandRunner) -> None:
    said = _bullets(alone.answer("CVE-2026-133469", LOOKUP))
    lacks = "xo-server 5.207.2 and older have the hole; no release with the fix is known to the data"
    assert said[0] == f"Xen Orchestra: {lacks}"


def test_of_several_the_worst_counts(alone: CommandRunner) -> None:
    reply = alone.answer("XSA-517, XSA-99999", LOOKUP)
    data = _data(reply)
    assert (data["outcome"], [each["id"] for each in data["advisories"]]) == ("unknown_advisory", ["XSA-517"])
    assert reply.exit_status == 3
    several = alone.answer("advisories XCP-ng 8.3, XCP-ng 9.9", LOOKUP)
    assert several.exit_status == 3
    assert "There is no XCP-ng 9.9" in plain(several.blocks[-1].lines[0])  # type: ignore[union-attr]


def test_only_an_id_alone_is_taken_from_a_look_up() -> None:
    assert is_id("XSA-517, CVE-2026-79610")
    assert not is_id("XCP-ng 8.3")
    assert ids_in("is <https://x.example|XSA-517> fixed, and XSA-517?") == ["XSA-517"]
    assert interpret("XSA-517")[0] is ADVISORY
    assert interpret("XenServer 7.2")[0] is CHECK
    assert interpret("xs82")[0] is CHECK


def test_a_look_up_loads_no_advisories() -> None:
    script = (
        "import sys; from bot.cli import main; main(['XenServer', '7.2']); "
        "print([name for name in sys.modules if 'advisor' in name])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"
