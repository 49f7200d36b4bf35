"""Mistakes in data/*.yaml: each is found, and reported with its file, its key and what is allowed."""

from pathlib import Path

import pytest
import yaml

from bot.errors import DataError
from bot.matrix.load import COMPILED, load_matrix
from tests.conftest import Edit


def _problems(folder: Path) -> list[str]:
    with pytest.raises(DataError) as refused:
        load_matrix(folder)
    assert not (folder / COMPILED).exists(), "data with mistakes is never compiled"
    return list(refused.value.lines)


def test_all_mistakes_of_all_files_are_reported_at_once(folder: Path, edit: Edit) -> None:
    edit("releases", "day: 2028-11-30", "day: 2028-11-31")
    edit("list", "support: full", "support: fully")
    edit("issues", "kind: live", "kynd: live")
    problems = "\n".join(_problems(folder))
    assert "releases.yaml: releases[0].lifecycle.eol.day:" in problems
    assert "list.yaml: rows[0].support: Input should be 'full' or 'partial'" in problems
    assert "issues.yaml: issues[0].kynd:" in problems
    assert len(problems.splitlines()) >= 4


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        # one file by itself
        ("list", "extra_features: true", "extra: true", "list.yaml: rows[0].extra: Extra inputs are not permitted"),
        ("list", 'releases: ["8.3"]', "releases: []", "list.yaml: rows[0].releases: List should have at least 1 item"),
        (
            "list",
            'releases: ["8.3"]',
            'releases: ["eight"]',
            'list.yaml: rows[0].releases[0]: a version such as "8.2" is allowed',
        ),
        ("releases", "day: 2024-10-07", "day: 2024-10", None),
        (
            "releases",
            "day: 2024-10-07",
            "day: 2024-13",
            "releases.yaml: releases[0].lifecycle.released.day: YYYY-MM-DD or YYYY-MM is allowed",
        ),
        (
            "releases",
            "day: 2028-11-30",
            "day: 2028-11",
            "releases.yaml: releases[0].lifecycle.eol.day: Input should be",
        ),
        ("releases", "name: XCP-ng 8.3", 'name: ""', "releases.yaml: releases[0].name: String should have at least 1"),
        (
            "issues",
            'XCP-ng: "==7.4"',
            'XCP-ng: "~7.4"',
            'a range such as ">=7.0,<7.4" is allowed',
        ),
        ("issues", "id: XSO-873", 'id: "XSO 873"', "issues.yaml: issues[0].id: String should match pattern"),
        ("sources", "https://", "ftp://", "String should match pattern"),
        # what files say of each other
        (
            "releases",
            "confidence: confirmed",
            "confidence: null",
            "releases.yaml: releases[0].lifecycle.released: a date needs its sources and its confidence",
        ),
        (
            "releases",
            'release: "8.2"',
            'release: "8.3"',
            "releases.yaml: releases[1]: XCP-ng 8.2 is there twice",
        ),
        (
            "releases",
            "maintenance_ends:\n        day: null\n        confidence: inferred",
            "maintenance_ends:\n        day: 2028-12-01\n        confidence: inferred",
            "releases.yaml: releases[0].lifecycle: maintenance ends no later than eol",
        ),
        (
            "releases",
            "sources: [xcp-ng-releases, xcp-ng-8-3-notes",
            "sources: [hearsay, xcp-ng-8-3-notes",
            'releases.yaml: releases[0].lifecycle.released.sources: "hearsay" is no source: a key of sources.yaml is',
        ),
        (
            "list",
            'releases: ["8.3"]',
            'releases: ["8.9"]',
            "list.yaml: rows[0].releases: XCP-ng 8.9 is no release of releases.yaml",
        ),
        (
            "list",
            'releases: ["8.0"], support',
            'releases: ["8.1"], label: XCP-ng 8.0, support',
            "list.yaml: rows[3].label: a label is allowed, and needed, where a row has several releases",
        ),
        (
            "list",
            'releases: ["8.0"], support',
            'releases: ["8.0", "7.6"], support',
            "list.yaml: rows[3].label: a label is allowed, and needed, where a row has several releases",
        ),
        ("issues", 'XCP-ng: "==7.4"', 'XCP-ng: "==7.9"', '.affects.XCP-ng: no release is in "==7.9"'),
        ("issues", "id: xs72-jsonrpc-float", "id: xso-873", "issues.yaml: issues[1].id: xso-873 is there twice"),
        ("issues", "conditions:\n", 'conditions:\n      XCP-ng: {"7.9": sometimes}\n', "XCP-ng 7.9 is no release of"),
        (
            "features",
            'availability: from, release: "8.1"',
            "availability: from",
            'features.yaml: features[0].support.XCP-ng: a release is allowed, and needed, with availability "from"',
        ),
        (
            "features",
            'availability: from, release: "8.1"',
            'availability: all, release: "8.1"',
            'features.yaml: features[0].support.XCP-ng: a release is allowed, and needed, with availability "from"',
        ),
        (
            "features",
            'availability: from, release: "8.1"',
            'availability: from, release: "8.9"',
            "features.yaml: features[0].support.XCP-ng: XCP-ng 8.9 is no release of releases.yaml",
        ),
        (
            "upgrades",
            'to: {product: XCP-ng, release: "8.3"}',
            'to: {product: XCP-ng, release: "8.9"}',
            "upgrades.yaml: hops[0].to: XCP-ng 8.9 is no release of releases.yaml",
        ),
        (
            "upgrades",
            "blockers: [key1024",
            "blockers: [key512",
            'upgrades.yaml: hops[0].blockers: "key512" is no issue of issues.yaml',
        ),
        (
            "upgrades",
            "requirements: [ha-off, cds-out, coordinator-first]",
            "requirements: [ha-of, cds-out, coordinator-first]",
            'upgrades.yaml: hops[7].requirements: "ha-of" is no requirement of requirements.yaml',
        ),
        (
            "upgrades",
            "sources: [xencenter-upgrade-wizard, citrix-8-2-end-of-life, xenserver-8-upgrade]",
            "sources: [citrix-8-2-end-of-life]",
            "upgrades.yaml: hops[7].sources: a step that is joined needs two sources",
        ),
        (
            "upgrades",
            "confidence: documented",
            "confidence: sure",
            "upgrades.yaml: hops[0].confidence: Input should be",
        ),
        ("requirements", "id: ha-off", "id: updates-first", "requirements.yaml: requirements[5].id: updates-first is"),
        (
            "requirements",
            'of: {XenServer: ">=8.4"}',
            'of: {XenServer: ">=10"}',
            'requirements.yaml: requirements[0].of.XenServer: no release is in ">=10"',
        ),
        (
            "requirements",
            'of: {XenServer: ">=8.4"}',
            "of: {}",
            "requirements.yaml: requirements[0]: support is of releases: `of` is needed",
        ),
        (
            "requirements",
            "kind: support",
            "kind: after",
            "requirements.yaml: requirements[0]: after is of steps: name it in upgrades.yaml",
        ),
        (
            "list",
            "extra_features: true",
            "extra_features: true, extra_features_until: 2026-08-07",
            "list.yaml: rows[0].extra_features_until: a day is allowed only where the list no longer has the sign",
        ),
        ("issues", "errors: [VDI_IO_ERROR]", "errors: [vdi error]", "issues.yaml: issues[0].errors[0]: String should"),
        ("upgrades", 'start: "==8.2"', 'start: "==8.9"', 'upgrades.yaml: hops[0].start: no release is in "==8.9"'),
    ],
)
def test_a_mistake_is_reported_where_it_stands(
    folder: Path, edit: Edit, file: str, old: str, new: str, problem: str | None
) -> None:
    edit(file, old, new)
    if problem is None:
        assert load_matrix(folder)
    else:
        problems = _problems(folder)
        assert any(problem in line for line in problems), problems


def test_a_source_that_does_not_exist_or_is_not_used_is_reported(folder: Path) -> None:
    path = folder / "sources.yaml"
    files = yaml.safe_load(path.read_text())
    files["sources"]["made-up"] = files["sources"].pop(next(iter(files["sources"])))
    path.write_text(yaml.safe_dump(files))
    problems = _problems(folder)
    assert any("is no source" in line for line in problems)
    assert any("sources.made-up: is used by no fact" in line for line in problems)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"rows: [", "list.yaml: is not YAML"),
        (b"\xff", "list.yaml: is not YAML"),
        (b"", "list.yaml: : Input should be a valid dictionary"),
        (b"- 1", "list.yaml: : Input should be a valid dictionary"),
        (None, "list.yaml: cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_no_mapping_of_yaml_or_is_missing_is_reported(
    folder: Path, content: bytes | None, problem: str
) -> None:
    (folder / "list.yaml").unlink()
    if content is not None:
        (folder / "list.yaml").write_bytes(content)
    (line,) = _problems(folder)
    assert problem.replace(": : ", ": ") in line
