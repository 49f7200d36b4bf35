"""The shipped advisories say what the facts say, in words of our own."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.advisories.advisories import Advisories
from bot.advisories.advisory import AdvisoryKind, AffectedProduct, Component, Severity, ShownBy
from bot.matrix.release import Release


@pytest.fixture(scope="module")
def facts(shared: Path) -> list[dict[str, Any]]:
    """The advisories of the facts."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load((shared / "facts/advisories.yaml").read_bytes(), Loader=loader)
    return list(content["advisories"])


def _id(fact: dict[str, Any]) -> str:
    return f"XSA-{fact['ids']['xsa']}" if fact["ids"]["xsa"] else str(fact["id"])


def test_every_advisory_of_the_facts_is_there_with_its_ids_and_day(
    facts: list[dict[str, Any]], advisories: Advisories
) -> None:
    assert [advisory.id for advisory in advisories.every] == [_id(fact) for fact in facts]
    assert len(advisories.every) == 91
    for fact, advisory in zip(facts, advisories.every, strict=True):
        names = [name for kind in ("cve", "vsa", "ghsa", "ctx") for name in fact["ids"].get(kind) or []]
        assert set(names) <= set(advisory.ids)
        assert advisory.published == date.fromisoformat(fact["date"])
        assert advisory.component is not Component.XO or advisory.of_orchestra
        exploited = fact["exploited"]
        assert advisory.exploited is (None if exploited is None else exploited.startswith("yes"))
        assert advisory.confidence == fact["confidence"].split(";")[0].split(" ")[0]
        assert (advisory.attacker is None) == (fact["attacker"] is None)
        assert (advisory.mitigation is None) == (fact["mitigation"] is None)


def test_what_shows_a_fix_and_the_packages_with_it_are_those_of_the_facts(
    facts: list[dict[str, Any]], advisories: Advisories, releases: dict[str, Release]
) -> None:
    for fact, advisory in zip(facts, advisories.every, strict=True):
        for key, release in releases.items():
            affected = advisory.of(release)
            if key not in fact["affected"]:
                assert affected is None
                continue
            assert affected
            said = fact["affected"][key]
            if said is None:
                assert affected.affected is None
            elif said.startswith("no"):
                assert affected.affected is False
            else:
                assert affected.affected is (None if said.startswith(("unclear", "fix taken")) else True)
            for word, cpu in (("Intel", "Intel"), ("AMD", "AMD")):
                assert (word in (said or "")) == (affected.cpu is not None and affected.cpu.words == cpu)
            fixed = fact["fixed_by"].get(key)
            never = isinstance(fixed, str) and fixed.startswith("not fixed")
            assert affected.never_fixed == (never and affected.affected is not False)
            rows = fixed if isinstance(fixed, list) else [fixed] if isinstance(fixed, dict) else []
            packages = [(row["package"], row.get("version_release")) for row in rows if "version_release" in row]
            assert [(package.name, package.version) for package in affected.packages] == packages
            hotfix = next((row["hotfix"].split()[0] for row in rows if "hotfix" in row), None)
            assert affected.hotfixes[:1] == ((hotfix,) if hotfix else ())
            shows = (fact.get("host_shows") or {}).get(key) or {}
            levels = affected.levels
            assert (levels.fixed_from if levels else None) == shows.get("fixed_from")
            assert (levels.unknown_from if levels else None) == shows.get("unknown_from")
            assert list(levels.cannot_tell if levels else ()) == (shows.get("cannot_tell") or [])
            days = re.findall(r"\d{4}-?\d\d-?\d\d", shows.get("by_date") or "")
            if days:
                assert levels
                known = [day for day in (levels.built_before, levels.likely_built_from) if day]
                assert [f"{day:%Y%m%d}" for day in known] == [day.replace("-", "") for day in days]


def test_a_condition_stands_wherever_the_facts_have_one(
    facts: list[dict[str, Any]], advisories: Advisories, releases: dict[str, Release]
) -> None:
    for fact, advisory in zip(facts, advisories.every, strict=True):
        for key, release in releases.items():
            said = fact["affected"].get(key) or ""
            affected = advisory.of(release)
            if re.search(r"\bonly\b|\bVMs\b|^yes (if|with|where)|supported|off by default", said):
                assert affected
                assert affected.condition


def test_xen_orchestras_own_are_those_of_the_facts(facts: list[dict[str, Any]], advisories: Advisories) -> None:
    wanted = {_id(fact): fact for fact in facts if "xo" in fact["affected"]}
    assert {advisory.id for advisory in advisories.of_orchestra()} == set(wanted)
    for advisory in advisories.of_orchestra():
        affected, fixed = advisory.of_orchestra, wanted[advisory.id]["fixed_by"]["xo"]
        assert affected
        assert affected.levels
        assert affected.fixed_in == fixed["release"]
        assert affected.levels.fixed_from == fixed.get("xo_server")
        assert affected.operator_fills == (advisory.id == "XO-2026-062")
    assert advisories.of_orchestra()[0].id == "XO-2026-062", "what is exploited is first"


def test_xen_orchestras_releases_are_those_of_the_facts(shared: Path, advisories: Advisories) -> None:
    text = (shared / "facts/security.md").read_text(encoding="utf-8")
    rows = text.partition("release,date,xo_server,rest_api\n")[2].partition("\n```")[0].splitlines()
    ours = [
        ",".join([release.number, str(release.released), release.server or "none", release.rest_api or ""])
        for release in advisories.orchestras.every
    ]
    assert ours == rows


def test_every_link_of_the_facts_is_a_source(facts: list[dict[str, Any]], advisories: Advisories) -> None:
    for fact, advisory in zip(facts, advisories.every, strict=True):
        links = {source.url for source in advisory.sources if source.url}
        assert links == {text.split(" ")[0] for text in fact["sources"] if text.startswith("http")}
        assert advisory.sources


def test_no_sentence_of_the_facts_is_copied(facts: list[dict[str, Any]], advisories: Advisories) -> None:
    for fact, advisory in zip(facts, advisories.every, strict=True):
        theirs = [fact["title"], fact["attacker"], fact["mitigation"], fact.get("note"), *fact["kind"]]
        ours = [advisory.title, advisory.mitigation, advisory.note, *(each.note for each in advisory.affects)]
        long = {text for text in theirs if text and text.count(" ") >= 3}
        assert not long & set(ours), advisory.id


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("xsa-517", ["XSA-517"]),
        ("XSA 517", ["XSA-517"]),
        ("cve-2026-79610", ["XSA-517"]),
        ("VSA-2026-062", ["XO-2026-062"]),
        ("ghsa-2R3W-c2vx-fv5g", ["XO-2026-062"]),
        ("AMD-SB-7052", ["XSA-490"]),
        ("CTX696527", ["XSA-489", "XSA-486", "XSA-488", "XSA-483"]),
        ("INTEL-SA-01153", ["XSA-469", "INTEL-MCU-2025-05-12"]),
        ("xs82ecu1086", ["XSA-469", "XSA-467"]),
        ("XS82ECU1057", []),
        ("XSA-51", []),
        ("XSA-519", []),
        ("", []),
        ("--", []),
    ],
)
def test_an_advisory_is_found_by_any_of_its_names(advisories: Advisories, name: str, ids: list[str]) -> None:
    assert sorted(advisory.id for advisory in advisories.find(name)) == sorted(ids)


def test_a_hotfix_is_known_with_what_it_brings(advisories: Advisories) -> None:
    hotfix = advisories.hotfix("xs82ecu1079")
    assert hotfix
    assert (hotfix.component, hotfix.level) == (Component.DOM0_KERNEL, "7.0.24")
    assert advisories.hotfix("XS82ECU9999") is None


def test_severity_follows_from_the_kind_and_from_use_not_from_scores(advisories: Advisories) -> None:
    severities = {advisory.id: advisory.severity for advisory in advisories.every}
    assert severities["XO-2026-062"] is Severity.CRITICAL
    assert severities["XSA-517"] is Severity.HIGH
    assert severities["XSA-499"] is Severity.MEDIUM, "CISA-ADP says 8.8"
    assert severities["XSA-468"] is Severity.LOW
    assert severities["XSA-518"] is Severity.LOW
    assert {kind for advisory in advisories.every for kind in advisory.kinds} == set(AdvisoryKind)


def test_tools_kernel_and_microcode_of_dom0_are_shown_by_no_field_but_where_the_facts_say_so(
    advisories: Advisories,
) -> None:
    shown = {
        (advisory.id, advisory.component)
        for advisory in advisories.every
        for affected in advisory.affects
        if affected.levels and affected.levels.field in (ShownBy.XEN, ShownBy.XAPI, ShownBy.XAPI_BUILT)
    }
    others = {entry for entry in shown if entry[1] not in (Component.XEN, Component.XAPI)}
    assert others == {("XSA-464", Component.XEN_TOOLS), ("XSA-476", Component.XEN_TOOLS)}
    assert advisories.find("XSA-471")[0].needs_microcode
    assert all(each.product is not AffectedProduct.XEN_ORCHESTRA for each in advisories.find("XSA-471")[0].affects)
