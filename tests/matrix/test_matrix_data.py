"""The shipped data: complete, sourced, and equal to the facts it was made from."""

from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.matrix.compiled import shipped
from bot.matrix.lifecycle import Lifecycle, PartialDate
from bot.matrix.load import NAMES
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product, Release
from bot.matrix.support import Badge, ListRow
from bot.matrix.upgrade import CLOSED, Hop, StepConfidence

SEED_DAY = date(2024, 11, 14)


def test_every_date_and_every_fact_names_a_source_that_exists() -> None:
    """The loader refuses a fact without a source; this reads the files without it."""
    files = {name: yaml.safe_load((shipped() / f"{name}.yaml").read_text()) for name in NAMES}
    known = set(files["sources"]["sources"])
    cited: list[list[str]] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("day", "no date") is not None:
                cited.extend(node[key] for key in ("links", "sources") if isinstance(node.get(key), list))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk({name: file for name, file in files.items() if name != "sources"})
    assert len(cited) > 150
    assert all(keys and set(keys) <= known for keys in cited)


def test_no_research_mark_is_left_in_the_data() -> None:
    text = "".join((shipped() / f"{name}.yaml").read_text() for name in NAMES)
    for mark in ("find_string", "stored source", "CTXLEG", "XCPREL", "EOLPR", "[inferred]", "zarguell"):
        assert mark not in text


def _fact_releases(shared: Path) -> list[dict[str, Any]]:
    releases: list[dict[str, Any]] = yaml.safe_load((shared / "facts" / "lifecycle.yaml").read_text())["releases"]
    return releases


def _dates(life: Lifecycle) -> list[str | None]:
    return [str(day) if day else None for day in (life.released, life.maintenance_ends, life.eol)]


def test_all_29_releases_of_the_facts_are_there_with_their_dates(matrix: Matrix, shared: Path) -> None:
    def found(fact: dict[str, Any]) -> Lifecycle:
        product = Product.XCP_NG if fact["line"] == "xcp-ng" else Product.XENSERVER
        number = {"8.4": "8"}.get(str(fact["version"]), str(fact["version"]))
        release = matrix.release(product, number.split()[0])
        assert release, fact["id"]
        return next((lv.lifecycle for lv in release.levels if number.endswith(f" {lv.name}")), release.lifecycle)

    facts = _fact_releases(shared)
    assert len(facts) == 29
    for fact in facts:
        expected = [fact[key]["value"] and str(fact[key]["value"]) for key in ("release", "eom", "eol")]
        if fact["version"] == "6.0.2":  # found later, from the day of its second edition
            expected[0] = "2012-03"
        assert _dates(found(fact)) == expected, fact["id"]


def test_all_researched_issues_and_features_are_there(matrix: Matrix, shared: Path) -> None:
    facts = yaml.safe_load((shared / "facts" / "lifecycle.yaml").read_text())
    ids = {issue.id.casefold() for issue in matrix.issues}
    assert len(matrix.features) == len(facts["features"]) == 34
    researched = {fact["id"].casefold() for fact in facts["known_issues"]}
    assert len(researched) == 16
    # Two of the facts' ids say less than ours.
    renamed = {"xs65-delta": "xs65-random-delta", "ch80-xcp80-vdi-io": "xcp80-vdi-io"}
    assert not {issue for issue in researched if issue not in ids and renamed.get(issue) not in ids}


def _rows(matrix: Matrix, on: date) -> list[tuple[str, tuple[Badge, ...]]]:
    return [(row.label(on), row.badges(on)) for row in matrix.published.rows if row.is_out(on)]


def test_as_of_november_2024_the_list_is_the_published_one(matrix: Matrix, shared: Path) -> None:
    signs = {"âœ…": Badge.FULL, "âŽ": Badge.PARTIAL, "ðŸš€": Badge.EXTRA_FEATURES, "â˜": Badge.NO_SECURITY_UPDATES}
    page = (shared / "pages" / "seed.md").read_text()
    bullets = [line[2:] for line in page.split("\n") if line.startswith(("- XCP", "- Xen", "- Citrix"))]
    expected = [
        (min((b.split(sign)[0] for sign in signs), key=len).strip(), tuple(v for k, v in signs.items() if k in b))
        for b in bullets
    ]
    assert len(expected) == 21
    in_order = [(label, tuple(sorted(found, key=list(Badge).index))) for label, found in expected]
    assert _rows(matrix, SEED_DAY) == in_order


def test_as_of_november_2024_the_list_has_these_rows_and_badges(matrix: Matrix) -> None:
    full, eol = Badge.FULL, Badge.NO_SECURITY_UPDATES
    rows = dict(_rows(matrix, SEED_DAY))
    assert len(rows) == 21
    assert rows["XCP-ng 8.3"] == rows["XCP-ng 8.2 LTS"] == (full, Badge.EXTRA_FEATURES)
    assert rows["Citrix Hypervisor 8.2 LTS"] == rows["XenServer 8"] == (full,)
    assert rows["XenServer 7.1 LTS"] == rows["XCP-ng 8.1"] == (full, eol)
    partial = (Badge.PARTIAL, eol)
    assert rows["XenServer 7.2"] == rows["XenServer 6.1 and 6.2"] == rows["XenServer 5.x"] == partial


def test_as_of_today_xenserver_9_is_listed_and_both_8_2_are_eol(matrix: Matrix) -> None:
    rows = dict(_rows(matrix, date(2026, 11, 23)))
    assert len(rows) == 22
    assert rows["XenServer 9"] == (Badge.FULL,)
    assert Badge.NO_SECURITY_UPDATES in rows["XCP-ng 8.2 LTS"]
    assert Badge.NO_SECURITY_UPDATES in rows["Citrix Hypervisor 8.2 LTS"]
    assert rows["XCP-ng 8.3 LTS"] == (Badge.FULL, Badge.EXTRA_FEATURES)


def test_as_of_december_2028_xcp_ng_8_3_and_xenserver_8_are_eol(matrix: Matrix) -> None:
    alive = [label for label, badges in _rows(matrix, date(2028, 12, 1)) if Badge.NO_SECURITY_UPDATES not in badges]
    assert alive == ["XenServer 9"]


def test_a_label_gains_lts_on_the_day_the_release_does(matrix: Matrix) -> None:
    release = matrix.release(Product.XCP_NG, "8.3")
    assert release
    assert (release.name(date(2025, 6, 15)), release.name(date(2025, 6, 16))) == ("XCP-ng 8.3", "XCP-ng 8.3 LTS")


def test_xenserver_6_0_and_6_0_2_are_real_but_not_listed(matrix: Matrix) -> None:
    def row(number: str) -> ListRow | None:
        release = matrix.release(Product.XENSERVER, number)
        assert release
        return matrix.row(release)

    assert row("6.0") is row("6.0.2") is None


def _affected(matrix: Matrix, issue: str) -> dict[str, str]:
    found = next(known for known in matrix.issues if known.id == issue)

    def key(release: Release) -> str:
        return f"{release.product} {release.number}"

    return {key(release): condition for release, condition in found.affects}


def test_xso_868_is_on_xenserver_5_to_7_5_and_xcp_ng_7_4_with_the_condition_of_7_1(matrix: Matrix) -> None:
    affected = _affected(matrix, "XSO-868")
    assert affected.pop("XenServer 7.1")
    assert set(affected.values()) == {""}
    numbers = ["5.0", "5.5", "5.6", "6.0", "6.0.2", "6.1", "6.2", "6.5", "7.0", "7.2", "7.3", "7.4", "7.5"]
    assert set(affected) == {"XCP-ng 7.4", *(f"XenServer {number}" for number in numbers)}


def test_the_verdict_on_7_2_names_the_float_error_first_then_xso_868(matrix: Matrix) -> None:
    release = matrix.release(Product.XENSERVER, "7.2")
    assert release
    assert [issue.id for issue in matrix.verdict_issues(release)] == ["xs72-jsonrpc-float", "XSO-868"]


VENDORS = ("docs.xcp-ng.org/", "docs.xenserver.com/", "support.citrix.com/", "docs.citrix.com/")
CODE = ("github.com/xcp-ng/host-installer", "github.com/xenserver/host-installer", "github.com/xcp-ng-rpms/")


def _from(hop: Hop, places: tuple[str, ...]) -> list[str]:
    urls = [source.url or "" for source in hop.sources]
    return [url for url in urls if any(place in url for place in places)]


def test_the_confidence_of_every_upgrade_step_is_held_by_its_sources(matrix: Matrix) -> None:
    """A vendor's text is behind what is documented, withdrawn or refused, two texts behind what is joined, the
    installers' code of both sides of the change behind what only the code has."""
    steps = [hop for hops in matrix.hops.values() for hop in hops]
    assert {hop.confidence for hop in steps} == set(StepConfidence)
    for hop in steps:
        match hop.confidence:
            case StepConfidence.DOCUMENTED | StepConfidence.WITHDRAWN | StepConfidence.REFUSED:
                assert _from(hop, VENDORS), hop
            case StepConfidence.JOINED:
                assert _from(hop, VENDORS), hop
                assert len({source.url for source in hop.sources}) >= 2, hop
            case StepConfidence.CODE:
                assert len(_from(hop, CODE)) >= 2, hop
        assert hop.requirements or hop.confidence in CLOSED, hop


def test_no_step_leads_from_xenserver_6_into_8_and_none_from_5_anywhere(matrix: Matrix) -> None:
    for release in matrix.of(Product.XENSERVER):
        arrivals = {hop.to.compares_as.major for hop in matrix.hops[release]}
        if release.compares_as.major == 6:
            assert arrivals == {7}
        elif release.compares_as.major == 5:
            assert not arrivals


def test_release_dates_known_by_month_alone_stay_so(matrix: Matrix) -> None:
    release = matrix.release(Product.XENSERVER, "5.6")
    assert release
    assert release.lifecycle.released == PartialDate(2010, 5)
