"""`python -m bot.curate` proposes what the data lack, says what it could not read, and writes nothing in data/."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.curate import main
from bot.matrix.compiled import shipped
from tests.published.pages import Asked, Page, serving

XSAS = [
    {
        "xsas": [
            {"xsa": "990", "cve": ["CVE-2026-999901"], "title": "A new hole", "public_time": "2026-11-20T12:00:00"},
            {"xsa": "991", "cve": None, "title": "Another one", "public_time": "2026-11-21T12:00:00"},
            {"xsa": "992", "public_time": "2026-12-08T12:00:00"},
            {"xsa": "517", "cve": ["CVE-2026-79610", "CVE-2026-999902"], "title": "x", "public_time": "2026-10-13"},
            {"xsa": "100", "cve": [], "title": "An old one", "public_time": "2014-06-17T12:00:00"},
        ]
    }
]


def _record(name: str, versions: list[dict[str, str]], product: str = "xen-orchestra", used: bool = False) -> Any:
    exploitation = {"options": [{"Exploitation": "active" if used else "none"}]}
    return {
        "dataType": "CVE_RECORD",
        "cveMetadata": {"cveId": name, "state": "PUBLISHED", "datePublished": "2026-11-24T08:00:00Z"},
        "containers": {
            "cna": {"title": f"About {name}", "affected": [{"product": product, "versions": versions}]},
            "adp": [{"metrics": [{"other": {"type": "ssvc", "content": exploitation}}]}],
        },
    }


TABLE = """
| Version | Released | Support until |
|---|---|---|
| [9.9](x) | 2099-01-01 | ~~2098-01-01~~ 2104-01-01 (*) |
| **8.3** LTS | 2024-10-07 | 2029-11-30 |
"""
ENDS = {"schema_version": "1.2", "result": {"releases": [{"name": "8.3", "eolFrom": "2028-11-30"}]}}
ANSWERS: dict[str, Any] = {
    "/xsa.json": XSAS,
    "/cves/2026/999xxx/CVE-2026-999901.json": _record(
        "CVE-2026-999901", [{"status": "unknown", "version": "consult Xen advisory XSA-990"}], "Xen", used=True
    ),
    "/cves/2026/133xxx/CVE-2026-133469.json": _record(
        "CVE-2026-133469", [{"version": "< 6.9.2", "status": "affected"}]
    ),
    "/cves/2026/999xxx/CVE-2026-999903.json": _record(
        "CVE-2026-999903", [{"version": "0", "lessThan": "9.9.0", "status": "affected"}]
    ),
    "/releases.md": TABLE,
    "/ends.json": ENDS,
}

Curate = Callable[..., tuple[int, Any]]


@pytest.fixture
def answers() -> dict[str, Any]:
    return dict(ANSWERS)


@pytest.fixture
def curate(answers: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> Iterator[Curate]:
    """Runs it with sources of a local server."""

    def answer(asked: Asked) -> Page:
        found = answers.get(asked.path)
        if found is None:
            return Page(status=404)
        return Page((found if isinstance(found, str) else json.dumps(found)).encode())

    with serving(answer) as pages:
        base = pages.url.removesuffix("/list.md")

        def run(*more: str) -> tuple[int, Any]:
            sources = ("--xsa", f"{base}/xsa.json", "--cves", f"{base}/cves", "--releases", f"{base}/releases.md")
            status = main([*sources, "--ends", f"{base}/ends.json", *more])
            return status, yaml.safe_load(capsys.readouterr().out)

        yield run


def test_what_the_data_lack_is_proposed_with_sources_and_a_confidence(curate: Curate) -> None:
    status, made = curate("--cve", "CVE-2026-999903")
    assert status == 0
    proposed = {each["ids"][0]: each for each in made["advisories"]}
    assert list(proposed) == ["XSA-990", "XSA-991", "CVE-2026-999903"]
    new = proposed["XSA-990"]
    assert (new["ids"], new["exploited"], new["confidence"]) == (["XSA-990", "CVE-2026-999901"], True, "medium")
    assert [each["url"] for each in new["sources"]] == [
        "https://xenbits.xen.org/xsa/advisory-990.html",
        "https://github.com/CVEProject/cvelistV5/blob/main/cves/2026/999xxx/CVE-2026-999901.json",
    ]
    assert (new["component"], new["kinds"], new["affects"]) == (None, [], [])
    assert (proposed["XSA-991"]["exploited"], proposed["XSA-991"]["confidence"]) == (None, "low")
    assert proposed["CVE-2026-999903"]["affects"] == [
        {"product": "Xen Orchestra", "affected": True, "fixed_in": "9.9.0"}
    ]


def test_what_is_known_now_of_advisories_that_are_there_is_proposed(curate: Curate) -> None:
    _, made = curate()
    changed = {each["id"]: each for each in made["changed"]}
    assert changed["XSA-517"]["more_ids"] == ["CVE-2026-999902"]
    fix = changed["XO-2026-062"]
    assert (fix["fixed_in"], fix["before"], fix["confidence"]) == ("6.9.2", None, "medium")


def test_ends_of_life_that_differ_are_told_and_none_is_decided(curate: Curate) -> None:
    _, made = curate()
    found = {each["release"]: (str(each["ours"]), str(each["theirs"])) for each in made["ends_of_life"]}
    assert found == {"XCP-ng 8.3": ("2028-11-30", "2029-11-30"), "XCP-ng 9.9": ("None", "2104-01-01")}


def test_what_could_not_be_read_is_marked(curate: Curate, answers: dict[str, Any]) -> None:
    del answers["/cves/2026/999xxx/CVE-2026-999901.json"]
    answers["/cves/2026/133xxx/CVE-2026-133469.json"] = {"dataType": "CVE_RECORD"}
    answers["/releases.md"] = "# Moved"
    answers["/ends.json"] = "<html>"
    status, made = curate()
    assert status == 0
    assert made["advisories"][0]["confidence"] == "low"
    reasons = dict(each.split(": ", 1) for each in made["not_read"])
    assert list(reasons) == ["XSA-992", "CVE-2026-999901", "CVE-2026-133469", "XCP-ng's table", "endoflife.date"]
    assert reasons["XSA-992"] == "it has no title or no day yet"
    assert "404" in reasons["CVE-2026-999901"]
    assert reasons["XCP-ng's table"] == "no end of life could be read in it"


@pytest.mark.parametrize("text", ["[]", "{}", "[[]]", '[{"xsas": 5}]', '[{"xsas": [1, {"xsa": 3}]}]', "{"])
def test_another_form_proposes_nothing(curate: Curate, answers: dict[str, Any], text: str) -> None:
    answers["/xsa.json"] = text
    _, made = curate()
    assert made["advisories"] == []
    assert [each for each in made["not_read"] if "XSA" in each]


def test_files_do_as_well_and_nothing_is_written_in_the_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in shipped().glob("*.yaml")}
    (tmp_path / "xsa.json").write_text(json.dumps(XSAS))
    words = ["--xsa", str(tmp_path / "xsa.json"), "--cves", "none", "--releases", "none", "--ends", "none"]
    output = tmp_path / "proposals.yaml"
    assert main([*words, "--since", "2014-01-01", "--output", str(output)]) == 0
    assert [each["ids"][0] for each in yaml.safe_load(output.read_text())["advisories"]][-1] == "XSA-100"
    assert main([*words, "--output", str(output)]) == 1
    assert "File exists" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words, "--output", str(shipped() / "new.yaml")])
    assert {path: path.read_bytes() for path in shipped().glob("*.yaml")} == before


def test_without_any_source_it_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--xsa", str(tmp_path / "gone"), "--cves", "none", "--releases", "none", "--ends", "none"]) == 1
    assert "None of the sources could be read" in capsys.readouterr().err
