"""`upgrade`: who stands behind each step, what to do around it, and the way to a target or why there is none."""

from typing import Any

import pytest

from bot.chat.command import Right
from bot.chat.reply import Bullets, plain
from bot.chat.runner import CommandRunner
from bot.errors import UsageError

LOOKUP = frozenset({Right.LOOKUP})


def _data(desk: CommandRunner, words: str) -> dict[str, Any]:
    data = desk.answer(f"upgrade {words}", LOOKUP).data
    assert data is not None
    return dict(data)


def _first(desk: CommandRunner, words: str) -> str:
    return plain(desk.answer(f"upgrade {words}", LOOKUP).headline)


def _lists(desk: CommandRunner, words: str) -> dict[str | None, list[str]]:
    blocks = desk.answer(f"upgrade {words}", LOOKUP).blocks
    return {block.title: [plain(item) for item in block.items] for block in blocks if isinstance(block, Bullets)}


FROM_CODE = "joined from installers' code and the vendor's guide; a fresh install is the documented way"
WITHDRAWN = "the vendor withdrew this upgrade; install afresh, then export and import VMs"


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("XCP-ng 8.2", "XCP-ng 8.2 LTS → XCP-ng 8.3 LTS: 1 step, documented by the vendor"),
        ("XCP-ng 7.5", "XCP-ng 7.5 → XCP-ng 8.3 LTS: 2 steps, documented by the vendor"),
        ("XenServer 7.2", "XenServer 7.2 → XenServer 8: 2 steps, joined from several texts"),
        ("XenServer 7.1", "XenServer 7.1 LTS → XCP-ng 8.3 LTS: 2 steps, documented by the vendor"),
        ("Citrix Hypervisor 8.2", "Citrix Hypervisor 8.2 LTS → XenServer 8: 1 step, documented by the vendor"),
        ("XenServer 8", "XenServer 8 → XenServer 9: 1 step, joined from several texts"),
        ("XenServer 6.5", f"XenServer 6.5 → XCP-ng 8.3 LTS: 3 steps, {FROM_CODE}"),
        ("XenServer 6.0.2", f"XenServer 6.0.2 → XCP-ng 8.3 LTS: 3 steps, {FROM_CODE}"),
        ("XenServer 5.6", "XenServer 5.6 → XenServer 9: no path in our sources"),
        ("XCP-ng 8.3", "XCP-ng 8.3 LTS: nothing to upgrade to"),
    ],
)
def test_the_first_line_says_who_stands_behind_the_way(desk: CommandRunner, words: str, first: str) -> None:
    assert _first(desk, words) == first


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("XenServer 7.1", f"XenServer 7.1 LTS → Citrix Hypervisor 8.2 CU1: {WITHDRAWN}"),
        ("XenServer 7.0", f"XenServer 7.0 → Citrix Hypervisor 8.2 CU1: {WITHDRAWN}"),
        (
            "XenServer 8",
            "XenServer 8 → XCP-ng 8.3 LTS: expect the installer to refuse a host with updates, as its xapi is newer "
            "than the ISO's; plan a fresh installation and move the VMs with warm migration",
        ),
    ],
)
def test_a_step_that_is_closed_is_told_and_never_taken(desk: CommandRunner, words: str, line: str) -> None:
    assert _lists(desk, words)["Do not try"] == [line]
    data = _data(desk, words)
    closed = {step["to"] for step in data["closed"]}
    assert closed
    assert not closed & {step["arrives_at"] for path in data["paths"] for step in path["steps"]}


@pytest.mark.parametrize("words", ["XCP-ng 8.2", "XenServer 7.2", "XCP-ng 8.2 to XenServer 9"])
def test_where_nothing_is_closed_nothing_is_said_of_it(desk: CommandRunner, words: str) -> None:
    assert "Do not try" not in _lists(desk, words)
    assert _data(desk, words)["closed"] == []


@pytest.mark.parametrize(
    ("words", "start", "name", "reachable", "why"),
    [
        ("7.6 to 8.3", "XCP-ng 7.6", "XCP-ng 8.3 LTS", True, "2 steps, documented"),
        ("from 7.6 to 8.3", "XCP-ng 7.6", "XCP-ng 8.3 LTS", True, "2 steps"),
        ("to 8.3 from 7.6", "XCP-ng 7.6", "XCP-ng 8.3 LTS", True, "2 steps"),
        ("XenServer 7.6 to 8.3", "XenServer 7.6", "XCP-ng 8.3 LTS", True, "2 steps"),
        ("XCP-ng 7.6 to 8.2 on 2024-11-14", "XCP-ng 7.6", "XCP-ng 8.2 LTS", True, "1 step"),
        ("7.6 -> 8.3", "XCP-ng 7.6", "XCP-ng 8.3 LTS", True, "2 steps"),
        ("von 7.6 auf 8.3", "XCP-ng 7.6", "XCP-ng 8.3 LTS", True, "2 steps"),
        ("7.6 to 8", "XenServer 7.6", "XenServer 8", True, "2 steps, joined"),
        ("xenserver 6.0 to xcp-ng 8.3", "XenServer 6.0", "XCP-ng 8.3 LTS", True, f"3 steps, {FROM_CODE}"),
        ("XenServer 6.5 to XenServer 8", "XenServer 6.5", "XenServer 8", True, f"3 steps, {FROM_CODE}"),
        ("XenServer 7.2 to XenServer 9", "XenServer 7.2", "XenServer 9", True, "3 steps, joined"),
        (
            "XenServer 7.1 to Citrix Hypervisor 8.2",
            "XenServer 7.1 LTS",
            "Citrix Hypervisor 8.2 LTS",
            False,
            "The vendor w",
        ),
        ("XenServer 7.1 to XenServer 8", "XenServer 7.1 LTS", "XenServer 8", False, "It would lead through"),
        ("XenServer 8 to XCP-ng 8.3", "XenServer 8", "XCP-ng 8.3 LTS", False, "Expect the installer to refuse"),
        ("XCP-ng 8.2 to XCP-ng 7.6", "XCP-ng 8.2 LTS", "XCP-ng 7.6", False, "No installer goes back"),
        ("XCP-ng 8.2 to XenServer 9", "XCP-ng 8.2 LTS", "XenServer 9", False, "No source has a way"),
        ("XenServer 5.6 to XenServer 8", "XenServer 5.6", "XenServer 8", False, "Our sources show no upgrade path"),
        ("XenServer 8 to XenServer 9 on 2026-07-01", "XenServer 8", "XenServer 9", False, "It was not out yet"),
        ("XCP-ng 8.2.0 to 8.2.1", "XCP-ng 8.2 LTS", "XCP-ng 8.2 LTS", False, "That is the same release"),
    ],
)
def test_the_way_to_a_target_or_why_it_is_none(
    desk: CommandRunner, words: str, start: str, name: str, reachable: bool, why: str
) -> None:
    data = _data(desk, words)
    assert (data["target"]["name"], data["target"]["reachable"]) == (name, reachable)
    assert data["target"]["why"].startswith(why)
    assert data["assessments"][0]["name"] == start
    assert _first(desk, words).startswith(f"{start} → {name}: ")
    if reachable:
        assert data["paths"][0]["to"]["name"] == name
    else:
        assert name not in [path["to"]["name"] for path in data["paths"]]


def test_of_a_number_of_both_products_it_says_what_was_assumed(desk: CommandRunner) -> None:
    sure, unsure = (desk.answer(f"upgrade {words}", LOOKUP) for words in ("7.6 to 8.3", "7.6 to 8.2"))
    assert (sure.exit_status, unsure.exit_status) == (0, 3)
    said = [plain(line) for block in sure.blocks for line in getattr(block, "lines", ())]
    assert "7.6 can be of two products: taken as XCP-ng 7.6 and XCP-ng 8.3 LTS." in said
    assert (_data(desk, "7.6 to 8.3")["outcome"], _data(desk, "7.6 to 8.2")["outcome"]) == ("assessed", "ambiguous")


@pytest.mark.parametrize(
    ("words", "first", "why"),
    [
        ("XenServer 7.2 to XenServer 7.7", "There is no XenServer 7.7.", "There is no XenServer 7.7."),
        (
            "XCP-ng 8.2 to XCP-ng 9",
            "There is no XCP-ng 9 yet: XCP-ng 9.0 is in development",
            "There is no XCP-ng 9 yet",
        ),
        ("XenServer 7.7 to XenServer 8", "There is no XenServer 7.7.", "There is no XenServer 7.7."),
    ],
)
def test_a_start_or_a_target_that_is_unknown_is_not_answered_by_the_other(
    desk: CommandRunner, words: str, first: str, why: str
) -> None:
    data = _data(desk, words)
    assert _first(desk, words).startswith(first)
    assert (data["target"]["reachable"], data["assessments"], data["paths"]) == (False, [], [])
    assert data["target"]["why"].startswith(why)
    assert desk.answer(f"upgrade {words}", LOOKUP).exit_status == 3


@pytest.mark.parametrize("words", ["XCP-ng 8.2", "XenServer 7.2, XCP-ng 8.2", "XenServer 7.2 and XenServer 7.5"])
def test_of_one_release_or_a_list_there_is_no_target(desk: CommandRunner, words: str) -> None:
    assert _data(desk, words)["target"] is None


def test_a_target_alone_is_asked_for_its_start(desk: CommandRunner) -> None:
    with pytest.raises(UsageError, match="Say from which release, too"):
        desk.answer("upgrade to XCP-ng 8.3", LOOKUP)


def test_what_to_do_around_the_steps_stands_before_between_and_after(desk: CommandRunner) -> None:
    lists = _lists(desk, "XCP-ng 8.2")
    before, during, after = (" ".join(lists[title]) for title in ("Before", "On the way", "Afterwards"))
    for word in ("all updates", "high availability", "CDs", "SLAT", "linstor-upgradeonly"):
        assert word in before
    for word in ("coordinator", "maintenance mode", "firmware mode"):
        assert word in during
    for word in ("all updates", "xe pool-enable-tls-verification", "Active Directory"):
        assert word in after


def test_what_only_matters_where_a_path_begins_is_said_there_alone(desk: CommandRunner) -> None:
    assert "linstor-upgradeonly" not in " ".join(_lists(desk, "XCP-ng 7.6")["Before"])
    said = " ".join(_lists(desk, "XenServer 8")["Before"])
    assert all(word in said for word in ("UEFI", "DOS partition table", "Corosync 3"))


def test_a_target_that_gets_no_updates_is_no_place_to_stop(desk: CommandRunner) -> None:
    blocks = desk.answer("upgrade XCP-ng 7.6 to XCP-ng 8.2", LOOKUP).blocks
    said = [plain(line) for block in blocks for line in getattr(block, "lines", ())]
    assert "XCP-ng 8.2 LTS gets no security updates. Upgrade to XCP-ng 8.3 LTS." in said


def test_each_step_in_the_json_has_its_confidence_sources_and_requirements(desk: CommandRunner) -> None:
    (path, *_) = _data(desk, "XenServer 6.5")["paths"]
    assert [step["confidence"] for step in path["steps"]] == ["code", "documented", "documented"]
    assert path["documented"] is False
    assert all(step["sources"] for step in path["steps"])
    first = path["steps"][0]["requirements"]
    assert ("safe2upgrade", "before") in [(each["id"], each["when"]) for each in first]
    assert all(each["sources"] for each in first)
