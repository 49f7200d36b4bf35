"""Features that are asked of a release: the answer first, the verdict beside it, and both for scripts."""

from datetime import date

import pytest

from bot.chat.command import Ports, Right
from bot.chat.reply import plain
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix
from bot.query.reader import Reader

TODAY = date(2026, 11, 26)
RIGHTS = frozenset({Right.LOOKUP})


@pytest.fixture(scope="module")
def desk(matrix: Matrix, reader: Reader) -> CommandRunner:
    return CommandRunner(Ports(matrix, reader), lambda: TODAY)


@pytest.mark.parametrize(
    ("typed", "feature", "answer", "since", "said"),
    [
        ("can I use CBT on XenServer 7.1?", "cbt", "no", "7.3", "CBT backups on XenServer 7.1 LTS: no, it came with"),
        ("feature CBT XenServer 7.1", "cbt", "no", "7.3", "CBT backups on XenServer 7.1 LTS: no"),
        ("does XenServer 7.3 have changed block tracking", "cbt", "yes", "7.3", "CBT backups on XenServer 7.3: yes"),
        ("does XCP-ng 8.2 support vTPM?", "vtpm", "no", "8.3", "vTPM on XCP-ng 8.2 LTS: no, it came with XCP-ng 8.3."),
        ("vTPM on XCP-ng 8.3", "vtpm", "yes", "8.3", "vTPM on XCP-ng 8.3 LTS: yes, since XCP-ng 8.3."),
        ("XenServer 8 with virtual TPM, please", "vtpm", "yes", "8", "vTPM on XenServer 8: yes"),
        ("ZFS on XCP-ng 8.1", "zfs", "no", "8.2", "ZFS storage on XCP-ng 8.1: no"),
        ("is ZFS there in XenServer 8", "zfs", "no", None, "ZFS storage on XenServer 8: no, no XenServer has it."),
        ("PCI passthrough xcp-ng 8.2", "pci-passthrough", "no", "8.3", "PCI passthrough on XCP-ng 8.2 LTS: no"),
        ("qcow2 disks on XCP-ng 8.3", "qcow2", "yes", "8.3", "QCOW2 disks on XCP-ng 8.3 LTS: "),
        ("XOSTOR with XCP-ng 8.2.1?", "xostor", "yes", "8.2", "XOSTOR on XCP-ng 8.2 LTS: yes"),
        ("vTPM on XCP-ng 8.3 RC1", "vtpm", "unknown", "8.3", "vTPM on XCP-ng 8.3 RC1: not known"),
    ],
)
def test_a_feature_asked_of_a_release_is_answered(
    desk: CommandRunner, typed: str, feature: str, answer: str, since: str | None, said: str
) -> None:
    reply = desk.answer(typed, RIGHTS)
    data = reply.data or {}
    assert plain(reply.headline).startswith(said)
    assert data["feature"] == {"id": feature, "answer": answer, "from": since}
    (verdict,) = data["assessments"]
    assert verdict["feature"] == data["feature"]
    assert (data["outcome"], data["unused"], reply.exit_status) == ("assessed", [], 0)


def test_several_features_are_answered_each(desk: CommandRunner) -> None:
    reply = desk.answer("vTPM and ZFS on XCP-ng 8.2", RIGHTS)
    data = reply.data or {}
    assert "feature" not in data
    assert [(each["id"], each["answer"]) for each in data["features"]] == [("vtpm", "no"), ("zfs", "yes")]


@pytest.mark.parametrize("typed", ["vTPM", "what is vTPM", "does vTPM work", "vTPM on XenServer"])
def test_a_feature_without_a_release_is_the_feature(desk: CommandRunner, typed: str) -> None:
    reply = desk.answer(typed, RIGHTS)
    assert (reply.kind, reply.exit_status) == ("feature", 0)
    assert (reply.data or {})["outcome"] == "assessed"


def test_what_was_not_used_is_said_and_stands_in_the_json(desk: CommandRunner) -> None:
    reply = desk.answer("XCP-ng 8.2.1, last patched 2024-03-01", RIGHTS)
    assert (reply.data or {})["unused"] == ["last patched 2024-03-01"]
    assert "Not used: last patched 2024-03-01" in [plain(line) for line in reply.context]
    assert reply.exit_status == 0


def test_what_looks_like_a_range_and_is_none_exits_3(desk: CommandRunner) -> None:
    reply = desk.answer("XenServer 7.2 >=", RIGHTS)
    assert (reply.exit_status, (reply.data or {})["unused"]) == (3, [">="])
