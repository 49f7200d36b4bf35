"""A mistake in the data is refused, with its file, line and key, and all mistakes at once."""

from pathlib import Path

import pytest

from bot.advisories.load import COMPILED, compile_data, load_advisories
from bot.errors import DataError
from tests.conftest import Edit

FIRST_BAND = "levels: {field: xen, fixed_from: 4.17.7-0, unknown_from: 4.17.6-9}"
DATE_BAND = "levels: {field: date, built_before: 2024-07-15, likely_built_from: 2024-07-15}"
NEVER = '{product: XCP-ng, release: "8.2", affected: true, never_fixed: true}'
UNKNOWN = '{product: XCP-ng, release: "8.2", affected: null}'


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("advisories", "kinds: [guest_dos]", "kinds: [guest_dos, other]", "kinds: each kind once, gravest first"),
        ("advisories", "kinds: [guest_dos]", "kinds: []", "kinds: List should have at least 1 item"),
        ("advisories", "kinds: [guest_dos]", "kinds: [guest_do]", r"kinds\[0\]: Input should be"),
        ("advisories", "component: xen\n", "component: zen\n", "component: Input should be"),
        ("advisories", "confidence: high", "confidence: sure", "confidence: Input should be"),
        ("advisories", "    confidence: high\n", "", "confidence: Field required"),
        ("advisories", "exploited: true", "exploited: perhaps", "exploited: Input should be a valid boolean"),
        ("advisories", "    exploited: true\n", "", "exploited: Field required"),
        ("advisories", "attacker: any guest\n", "atacker: any guest\n", "atacker: Extra inputs are not permitted"),
        ("advisories", "published: 2026-11-03", "published: 2026-11-31", "published: Input should be a valid date"),
        ("advisories", "published: 2026-11-03", "published: 2026-11-11", "published: no day after 2026-11-10"),
        ("advisories", "day: 2026-11-26", "day: 2026-11-01", "published: no day after 2026-11-01"),
        ("advisories", "day: 2026-11-26", "day: soon", "day: Input should be a valid date"),
        ("advisories", "ids: [XSA-518, CVE-2026-79611]", "ids: [XSA-517, CVE-2026-1]", "XSA-517 is there twice"),
        ("advisories", "ids: [XSA-518, CVE-2026-79611]", "ids: [XSA-518, CVE-2026-79610]", "CVE-2026-79610 is there"),
        ("advisories", "ids: [XSA-518, CVE-2026-79611]", "ids: []", "ids: List should have at least 1 item"),
        ("advisories", "ids: [XSA-518, CVE-2026-79611]", "ids: [xsa 518]", r"ids\[0\]: String should match"),
        ("advisories", "sources: [cve-2026-79611]", "sources: []", "sources: List should have at least 1 item"),
        ("advisories", "sources: [cve-2026-79611]", "sources: [cve-2026-1]", '"cve-2026-1" is no source'),
        ("advisories", "sources: [cve-2026-79611]", "sources: [xen-rpm]", "sources.cve-2026-79611: is used by no"),
        ("advisories", "url: https://github.com/xcp-ng-rpms/kernel", "url: kernel", "url: String should match"),
        ("advisories", NEVER, NEVER.replace("8.2", "8.4"), "release: XCP-ng 8.4 is no release"),
        ("advisories", NEVER, NEVER.replace("8.2", "8.3"), "XCP-ng 8.3 is there twice"),
        ("advisories", NEVER, NEVER.replace(' release: "8.2",', ""), "release: a release is allowed, and needed"),
        ("advisories", NEVER, NEVER.replace("XCP-ng", "XCP"), "product: Input should be"),
        (
            "advisories",
            NEVER,
            NEVER.replace("true, n", "false, n"),
            "never_fixed: is allowed only where there is no fix",
        ),
        (
            "advisories",
            NEVER,
            NEVER.replace("never_fixed", "packages: [{name: xen}], never_fixed"),
            "never_fixed: is all",
        ),
        (
            "advisories",
            UNKNOWN,
            UNKNOWN.replace("null", "null, operator_fills: true"),
            "operator_fills: is allowed only",
        ),
        (
            "advisories",
            UNKNOWN,
            UNKNOWN.replace("null", "null, hotfix: XS82ECU1"),
            "hotfix: XS82ECU1 is no hotfix of xen",
        ),
        (
            "advisories",
            UNKNOWN,
            UNKNOWN.replace("null", "null, hotfix: XS82ECU1074"),
            "XS82ECU1074 is no hotfix of xen",
        ),
        ("advisories", "hotfix: XS82ECU1061", "hotfix: XS82ECU1057", "XS82ECU1057 brings 4.13.5-9.38, which is below"),
        ("advisories", "name: XS82ECU1086", "name: XS82ECU1000", "hotfixes: each name once, in their order"),
        ("advisories", FIRST_BAND, FIRST_BAND.replace("4.17.6-9", "4.17.7-1"), "4.17.7-1 is not below 4.17.7-0"),
        ("advisories", FIRST_BAND, FIRST_BAND.replace("4.17.7-0", "4.17.7"), 'is allowed for xen, not "4.17.7"'),
        ("advisories", FIRST_BAND, FIRST_BAND.replace("4.17.7-0", "4.17.x-0"), "fixed_from: String should match"),
        ("advisories", FIRST_BAND, "levels: {field: xen}", "something that the field shows is needed"),
        (
            "advisories",
            FIRST_BAND,
            "levels: {field: updates, fixed_from: 4.1.1-1}",
            "updates is no field that has levels",
        ),
        (
            "advisories",
            FIRST_BAND,
            "levels: {field: xen, built_before: 2026-01-01}",
            "a day of building is allowed for",
        ),
        ("advisories", "cannot_tell: [4.17.6-9]", "cannot_tell: [4.17.7-0]", "4.17.7-0 is not below 4.17.7-0"),
        ("advisories", DATE_BAND, DATE_BAND.replace("before: 2024-07-15", "before: 2024-07-16"), "no later than"),
        ("advisories", DATE_BAND, DATE_BAND.replace("{", "{fixed_from: 26.1.4, "), "no value, only days, is allowed"),
        ("advisories", 'fixed_from: "26.1.4"', 'fixed_from: "26.1"', "a version such as 26.1.4 is allowed"),
        ("advisories", 'fixed_from: "5.207.1"', 'fixed_from: "5.207.2"', "fixed_from: 5.207.1 is needed: orchestras"),
        (
            "advisories",
            "field: system.getServerVersion",
            "field: xen",
            "is allowed, and needed, for Xen Orchestra alone",
        ),
        ("advisories", "advisories:\n", "advisories: [\n", "is not YAML"),
        ("advisories", "advisories:\n", "advisories: 1\nothers:\n", "advisories: Input should be a valid list"),
        ("orchestras", 'release: "6.7.1"', 'release: "6.7.0"', "release: 6.7.0 is there twice"),
        ("orchestras", 'release: "6.7.1"', 'release: "6.7"', "release: String should match pattern"),
        ("orchestras", "released: 2026-07-30", "released: 2026-08-30", "no day after 2026-08-04 is allowed"),
        ("orchestras", 'xo_server: "5.205.2"', 'xo_server: "5.200.2"', "6.6.2 has 5.200.2, which is not above 5.205.1"),
        ("orchestras", "releases:\n", "releases: []\nmore:\n", "releases: List should have at least 1 item"),
        ("releases", 'release: "8.3"', 'release: "8.4"', "release: XCP-ng 8.3 is no release"),
    ],
)
def test_each_mistake_is_told_with_its_place(
    folder: Path, edit: Edit, file: str, old: str, new: str, told: str
) -> None:
    edit(file, old, new)
    with pytest.raises(DataError, match=told) as refused:
        compile_data(folder)
    assert not (folder / COMPILED).exists()
    for problem in refused.value.problems:
        assert problem.line is not None, "every one of these can be found"
        assert 0 < problem.line <= len((folder / problem.file).read_text().splitlines()) + 1
        assert str(problem).startswith(f"{problem.file}:{problem.line}: ")


def test_the_line_is_that_of_the_mistake(folder: Path, edit: Edit) -> None:
    edit("advisories", "attacker: any guest\n", "attacker: 7\n")
    edit("advisories", "kinds: [guest_dos]", "kinds: [guest_do]")
    edit("orchestras", 'xo_server: "5.207.2"', "xo_server: 5")
    with pytest.raises(DataError) as refused:
        load_advisories(folder)
    for problem, text in zip(refused.value.problems, ("attacker: 7", "kinds: [guest_do]", "xo_server: 5"), strict=True):
        assert problem.line is not None
        assert text in (folder / problem.file).read_text().splitlines()[problem.line - 1]


def test_a_file_that_is_missing_is_told(folder: Path) -> None:
    (folder / "orchestras.yaml").unlink()
    with pytest.raises(DataError, match=r"orchestras\.yaml: cannot be read: No such file"):
        load_advisories(folder)


@pytest.mark.parametrize("damage", [b"\xff\xfe\x00", b"", b"- 1\n", b"day: &a [*a]\n", b"a: !!python/name:os.system\n"])
def test_what_is_no_such_file_is_refused(folder: Path, damage: bytes) -> None:
    (folder / "advisories.yaml").write_bytes(damage)
    with pytest.raises(DataError):
        load_advisories(folder)
