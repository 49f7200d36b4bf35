"""`issues`: by error code, and what stands beside the issues of a release."""

from typing import Any

import pytest

from bot.chat.command import Right
from bot.chat.reply import Bullets, Table, plain
from bot.chat.runner import CommandRunner
from bot.matrix.matrix import Matrix

LOOKUP = frozenset({Right.LOOKUP})


def _ids(desk: CommandRunner, words: str) -> list[str]:
    data: Any = desk.answer(f"issues {words}", LOOKUP).data
    return [issue["id"] for issue in data["issues"]]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("VDI_IO_ERROR", ["XSO-873", "xcp80-vdi-io"]),
        ("vdi_io_error", ["XSO-873", "xcp80-vdi-io"]),
        ("with error VDI_IO_ERROR(Device I/O errors)", ["XSO-873", "xcp80-vdi-io"]),
        ("VDI_IO_ERROR XenServer 7.5", ["XSO-873"]),
        ("VDI_IO_ERROR on XCP-ng 8.0", ["xcp80-vdi-io"]),
        ("VDI_IO_ERROR XCP-ng 8.3", []),
        ("MESSAGE_METHOD_UNKNOWN", ["xs73-cbt"]),
        ("MESSAGE_METHOD_UNKNOWN(VDI.get_cbt_enabled)", ["xs73-cbt"]),
        ("INTERNAL_ERROR", ["xs72-jsonrpc-float", "xs-pre71-bool"]),
        ("INTERNAL_ERROR XenServer 7.2", ["xs72-jsonrpc-float"]),
        ("FAILED_TO_START_EMULATOR", ["nvram-83-82"]),
        ("LICENSE_RESTRICTION", ["licence-restriction"]),
        ("POOL_JOINING_HOST_TLS_VERIFICATION_MISMATCH", ["tls-verification-83"]),
        ("VDI_IO_ERROR MESSAGE_METHOD_UNKNOWN", ["XSO-873", "xs73-cbt", "xcp80-vdi-io"]),
    ],
)
def test_an_error_code_finds_the_issues_that_have_it(desk: CommandRunner, words: str, ids: list[str]) -> None:
    assert _ids(desk, words) == ids
    assert desk.answer(f"issues {words}", LOOKUP).exit_status == 0


def test_every_code_is_found_in_the_words_of_its_issue_or_in_its_own_field(desk: CommandRunner, matrix: Matrix) -> None:
    for issue in matrix.issues:
        for code in issue.errors:
            assert issue.id in _ids(desk, code)


def test_an_error_code_that_no_issue_has_is_named_with_what_is_near(desk: CommandRunner) -> None:
    reply = desk.answer("issues SR_BACKEND_FAILURE_44", LOOKUP)
    assert plain(reply.headline).startswith("I know no issue with the error code SR_BACKEND_FAILURE_44.")
    assert reply.exit_status == 3
    assert "VDI_IO_ERROR" in plain(desk.answer("issues VDI_IO_EROR", LOOKUP).headline)


def test_one_issue_tells_its_error_code(desk: CommandRunner) -> None:
    blocks = desk.answer("issues MESSAGE_METHOD_UNKNOWN", LOOKUP).blocks
    said = [plain(line) for block in blocks for line in getattr(block, "lines", ())]
    assert "Error: MESSAGE_METHOD_UNKNOWN" in said


@pytest.mark.parametrize(
    ("release", "ids", "needs"),
    [
        ("XCP-ng 8.3", {"secure-boot-2011", "tls-verification-83", "active-directory-83", "ipv6-83"}, "5.111"),
        ("XenServer 8", {"secure-boot-2011", "xs8-trial"}, "5.102"),
        ("XenServer 9", {"xs9-changes", "xs8-trial"}, "5.103"),
        ("Citrix Hypervisor 8.2", {"client-id", "licence-restriction", "xs73-free"}, ""),
        ("Citrix Hypervisor 8.1", {"client-id"}, "5.42.1"),
    ],
)
def test_a_release_has_what_touches_some_set_ups_and_the_least_xen_orchestra(
    desk: CommandRunner, release: str, ids: set[str], needs: str
) -> None:
    assert ids <= set(_ids(desk, release))
    blocks = desk.answer(f"issues {release}", LOOKUP).blocks
    items = [plain(item) for block in blocks if isinstance(block, Bullets) for item in block.items]
    items += [plain(cell) for block in blocks if isinstance(block, Table) for row in block.rows for cell in row]
    assert any(needs in item for item in items)


def test_what_touches_some_set_ups_only_stands_in_no_verdict(desk: CommandRunner) -> None:
    data: Any = desk.answer("XCP-ng 8.3", LOOKUP).data
    assert not {"secure-boot-2011", "ipv6-83"} & {issue["id"] for issue in data["assessments"][0]["known_issues"]}


def test_the_first_link_of_an_issue_is_a_page_that_stands(matrix: Matrix) -> None:
    assert not [issue.id for issue in matrix.issues if (issue.url or "").startswith("https://bugs.xenserver.org/")]
