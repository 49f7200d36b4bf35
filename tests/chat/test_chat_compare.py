"""`compare`: two releases side by side, and which ones a number means."""

from datetime import date
from typing import Any

import pytest

from bot.chat.command import Right
from bot.chat.reply import Bullets, Table, plain
from bot.chat.runner import CommandRunner
from bot.errors import UsageError
from bot.matrix.matrix import Matrix

LOOKUP = frozenset({Right.LOOKUP})


def _data(desk: CommandRunner, words: str) -> dict[str, Any]:
    return dict(desk.answer(words, LOOKUP).data or {})


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("compare 8.2 and 8.3", ["XCP-ng 8.2 LTS", "XCP-ng 8.3 LTS"]),
        ("compare 8.3, 8.2", ["XCP-ng 8.3 LTS", "XCP-ng 8.2 LTS"]),
        ("compare XCP-ng 8.2, XenServer 8", ["XCP-ng 8.2 LTS", "XenServer 8"]),
        ("difference between 8.2 and 8.3", ["XCP-ng 8.2 LTS", "XCP-ng 8.3 LTS"]),
        ("8.2 vs 8.3", ["XCP-ng 8.2 LTS", "XCP-ng 8.3 LTS"]),
        ("compare 8.2 with XenServer 8", ["Citrix Hypervisor 8.2 LTS", "XenServer 8"]),
        ("compare XenServer 7.1 to 7.2", ["XenServer 7.1 LTS", "XenServer 7.2"]),
        ("compare between 7.0 and 7.1", ["XenServer 7.0", "XenServer 7.1 LTS"]),
        ("compare XCP-ng 7.6 versus 8.3", ["XCP-ng 7.6", "XCP-ng 8.3 LTS"]),
        ("compare xcp-ng 8.2 xcp-ng 8.3", ["XCP-ng 8.2 LTS", "XCP-ng 8.3 LTS"]),
        ("compare 8.2", ["XCP-ng 8.2 LTS", "Citrix Hypervisor 8.2 LTS"]),
        ("compare 8.2 and XCP-ng 8.2", ["Citrix Hypervisor 8.2 LTS", "XCP-ng 8.2 LTS"]),
        ("compare CH 8.2 CU1; xs 8", ["Citrix Hypervisor 8.2 LTS", "XenServer 8"]),
    ],
)
def test_two_releases_are_compared(desk: CommandRunner, words: str, names: list[str]) -> None:
    reply = desk.answer(words, LOOKUP)
    data = reply.data or {}
    assert [each["name"] for each in data["assessments"]] == names
    assert (reply.kind, data["outcome"], reply.exit_status) == ("compare", "assessed", 0)
    assert all(name in reply.summary for name in names)
    assert len(reply.buttons) <= 3


@pytest.mark.parametrize("words", ["compare 8.1, 8.2", "8.0 vs 8.1", "compare 7.4 and 7.5"])
def test_numbers_of_both_products_are_taken_of_one_and_that_is_said(desk: CommandRunner, words: str) -> None:
    reply = desk.answer(words, LOOKUP)
    data = reply.data or {}
    assert (data["outcome"], reply.exit_status) == ("ambiguous", 3)
    assert {each["product"] for each in data["assessments"]} == {"XCP-ng"}
    (other,) = data["suggestions"]
    assert reply.buttons[0].words == f"compare {other}"
    (again,) = [desk.answer(reply.buttons[0].words, LOOKUP)]
    assert {each["product"] for each in (again.data or {})["assessments"]} == {"XenServer"}


def test_a_number_is_taken_of_the_others_product_and_that_is_said(desk: CommandRunner) -> None:
    said = plain(desk.answer("compare 8.2 and 8.3", LOOKUP).blocks[0].lines[0])  # type: ignore[union-attr]
    assert said == "8.2 is taken as XCP-ng 8.2, not Citrix Hypervisor 8.2: the other one is XCP-ng, too."


def test_only_what_differs_is_shown(desk: CommandRunner) -> None:
    data = _data(desk, "compare 8.2 and 8.3")
    found = {(each["kind"], each["what"]): each["values"] for each in data["differences"]}
    assert found["lifecycle", "eol_on"] == ["2025-09-16", "2028-11-30"]
    assert found["lifecycle", "stage"] == ["eol", "supported"]
    assert found["feature", "vtpm"] == ["no", "yes"]
    assert found["issue", "pv-83"] == [False, True]
    assert all(one != two for one, two in found.values())
    assert ("lifecycle", "lts") not in found
    assert ("feature", "nbd") not in found


def test_what_is_not_known_of_one_is_said_and_never_taken_for_no(desk: CommandRunner) -> None:
    found = {each["what"]: each["values"] for each in _data(desk, "compare XCP-ng 8.2, XenServer 8")["differences"]}
    assert "unknown" in found["zstd"]
    reply = desk.answer("compare XCP-ng 8.2, XenServer 8", LOOKUP)
    (table,) = (block for block in reply.blocks if isinstance(block, Table))
    rows = {plain(name): [plain(cell) for cell in cells] for name, *cells in table.rows}
    assert rows["zstd compression"] == ["yes", "not known"]
    assert rows["Coalesce progress"] == ["no, from 8.3 on", "likely yes"]


def test_the_way_from_one_to_the_other_follows(desk: CommandRunner) -> None:
    reply = desk.answer("compare XenServer 7.2, XenServer 8", LOOKUP)
    path = (reply.data or {})["path"]
    assert (path["from"], path["to"], path["documented"]) == ("XenServer 7.2", "XenServer 8", True)
    assert [step["arrives_at"] for step in path["steps"]] == ["Citrix Hypervisor 8.2 CU1", "XenServer 8"]
    steps = reply.blocks[-1]
    assert isinstance(steps, Bullets)
    assert (steps.title, steps.numbered) == ("From XenServer 7.2 to XenServer 8: 2 steps", True)


def test_the_way_is_shown_in_the_direction_in_which_it_goes(desk: CommandRunner) -> None:
    path = _data(desk, "compare 8.3 and 8.2")["path"]
    assert (path["from"], path["to"]) == ("XCP-ng 8.2 LTS", "XCP-ng 8.3 LTS")


def test_where_no_source_has_a_way_that_is_said(desk: CommandRunner) -> None:
    reply = desk.answer("compare XCP-ng 8.3, XenServer 9", LOOKUP)
    assert ((reply.data or {})["path"]["documented"], (reply.data or {})["path"]["steps"]) == (False, [])


def test_a_day_counts_for_both(desk: CommandRunner) -> None:
    data = _data(desk, "compare XCP-ng 8.2, XCP-ng 8.3 on 2025-01-01")
    assert data["as_of"] == "2025-01-01"
    assert [each["name"] for each in data["assessments"]] == ["XCP-ng 8.2 LTS", "XCP-ng 8.3"]


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("compare XenServer 7.2 and 9.9", "unknown_version"),
        ("compare Debian and XCP-ng 8.3", "unsupported_platform"),
        ("compare XCP-ng, XenServer", "unknown_version"),
        ("Proxmox vs XCP-ng 8.3", "unsupported_platform"),
        ("compare flurble and 8.2", "unknown_product"),
    ],
)
def test_of_what_is_not_known_the_nearest_is_told(desk: CommandRunner, words: str, outcome: str) -> None:
    reply = desk.answer(words, LOOKUP)
    data = reply.data or {}
    assert (data["outcome"], reply.exit_status, data["differences"], data["path"]) == (outcome, 3, [], None)
    assert 2 <= len(reply.buttons) <= 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("compare", "Say which two releases"),
        ("compare XCP-ng 8.3", "Say what to compare XCP-ng 8.3 with"),
        ("compare 7.0, 7.1, 7.2", "takes two releases, and these are 3"),
        ("compare XenServer 7.x", "takes two releases, and these are"),
        ("compare XCP-ng 8.2 and XCP-ng 8.2.1", "XCP-ng 8.2 twice"),
    ],
)
def test_two_releases_are_needed(desk: CommandRunner, words: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        desk.answer(words, LOOKUP)


def test_any_two_releases_can_be_compared(desk: CommandRunner, matrix: Matrix) -> None:
    for one in matrix.releases:
        for two in matrix.releases:
            if one is not two:
                reply = desk.answer(f"compare {one.base_name}, {two.base_name}", LOOKUP, date(2026, 11, 23))
                assert [each.release for each in reply.assessed or ()] == [one, two]
