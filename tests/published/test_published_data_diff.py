"""What moved between two states of the data, and what of it looks better than before."""

from copy import deepcopy
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from bot.chat.data_news import data_message, in_words
from bot.matrix.load import Raw
from bot.published.data_diff import data_changes, side_in_words
from bot.published.renewals import DataNews, change_from_data
from tests.published.bundles import DAY, SOURCE, Edit, content_of, edited, small_content
from tests.translations import spoken


def _moved(*edits: Edit) -> list[str]:
    """In words, better things with a sign."""
    after = content_of(edited(*edits))
    return [f"{'+ ' if c.is_better else ''}{in_words(c)}" for c in data_changes(small_content(), after)]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("releases", "2028-11-30", "2029-11-30"), "+ XCP-ng 8.3: end of life 30 Nov 2028 → 30 Nov 2029"),
        (("releases", "2028-11-30", "2027-11-30"), "XCP-ng 8.3: end of life 30 Nov 2028 → 30 Nov 2027"),
        (("releases", "day: 2028-11-30", "day: null"), "+ XCP-ng 8.3: end of life 30 Nov 2028 → not known"),
        (("releases", "2020-01-01", "2020-02"), "XCP-ng 8.3: release date 1 Jan 2020 → Feb 2020"),
        (("releases", "name: XCP-ng 8.3", "name: XCP-ng 8.3!"), "releases.yaml differs in details"),
        (("releases", "read_on: 2026-11-01", "read_on: 2026-11-02"), None),
        (("list", "support: partial", "support: full"), "+ XCP-ng 8.2: support partial → full"),
        (("list", "support: full", "support: partial"),
         "XCP-ng 8.3: support full, extra features → partial, extra features"),
        (("list", ", extra_features: true", ""), "XCP-ng 8.3: support full, extra features → full"),
        (("list", ", official: false", ""), "+ XenServer 7.2: support partial, not official → partial"),
        (("list", '  - {product: XCP-ng, releases: ["8.2"], support: partial, sources: [s]}\n', ""),
         "XCP-ng 8.2: support partial → unlisted"),
        (("issues", ">=8.2", "==8.2"), "+ known issue one no longer touches XCP-ng 8.3"),
        (("issues", "==7.2", ">=7.2"), "known issue one touches XenServer 8 now"),
        (("requirements", "==8", "==7.2"),
         "+ requirement licence no longer is of XenServer 8 and is of XenServer 7.2 now"),
        (("requirements", "id: licence", "id: other"), "+ requirement licence is gone"),
        (("upgrades", "[one]", "[]"),
         "+ upgrade step from XCP-ng 8.2 to XCP-ng 8.3: documented, blocked by one → documented"),
        (("upgrades", "confidence: documented", "confidence: refused"),
         "upgrade step from XCP-ng 8.2 to XCP-ng 8.3: documented, blocked by one → refused, blocked by one"),
        (("sources", "A page", "Another page"), "sources.yaml differs in details"),
    ],
)  # fmt: skip
def test_what_moved_in_words(edit: Edit, said: str | None) -> None:
    first = [said] if said else []
    assert _moved(edit)[: max(1, len(first))] == first


def test_the_words_of_data_are_translated_where_they_are_said_and_not_for_scripts(tmp_path: Path) -> None:
    catalog = Catalog()
    for english, german in (("documented", "dokumentiert"), ("blocked by {issue}", "blockiert durch {issue}")):
        catalog.add(english, german)
    with spoken(catalog, tmp_path):
        (moved,) = data_changes(small_content(), content_of(edited(("upgrades", "[one]", "[]"))))
        assert (moved.before, moved.after) == ("documented, blocked by one", "documented")
        assert side_in_words(moved.before or "") == "dokumentiert, blockiert durch one"
        assert in_words(moved).endswith(": dokumentiert, blockiert durch one → dokumentiert")
        assert side_in_words("4.17.6-8") == "4.17.6-8"


def test_a_new_release_promises_nothing_that_was_not_known() -> None:
    old = edited()["releases"]
    entry = old[old.index("  - product: XenServer") :].partition('  - product: XenServer\n    release: "7.2"')[0]
    new = entry.replace('"8"', '"9"').replace("XenServer 8", "XenServer 9")
    row = '  - {product: XenServer, releases: ["9"], support: full, sources: [s]}\n'
    at = '  - {product: XenServer, releases: ["8"]'
    assert _moved(("releases", entry, new + entry), ("list", at, row + at)) == [
        "XenServer 9 is new",
        "XenServer 9: support not known → full",
    ]


def test_what_looks_better_comes_first() -> None:
    later: Edit = ("releases", "2025-09-16", "2025-10-16")
    assert _moved(("releases", "2028-11-30", "2027-11-30"), later)[0].startswith("+ XCP-ng 8.2: end of life")


ADVISORY: Raw = small_content()["advisories"]["advisories"][0]


def _with_advisory(*advisories: Raw) -> Raw:
    content = small_content()
    return {**content, "advisories": {**content["advisories"], "advisories": [*advisories]}}


def _advisory(**values: object) -> Raw:
    return {**deepcopy(ADVISORY), **values}


def _affects(**values: object) -> Raw:
    """With another word on XCP-ng 8.3."""
    first, *others = ADVISORY["affects"]
    return _advisory(affects=[{**first, **values}, *others])


def _levels(fixed_from: str | None) -> Raw:
    return {**ADVISORY["affects"][0]["levels"], "fixed_from": fixed_from}


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ((), ["+ XSA-1 is gone"]),
        ((ADVISORY, _advisory(ids=["XSA-2"])), ["XSA-2 is new"]),
        ((_advisory(exploited=None),), ["+ XSA-1: exploited yes → not known"]),
        ((_affects(levels=_levels("4.17.6-8")),), ["+ XSA-1 (XCP-ng 8.3): fixed from 4.17.6-9 → 4.17.6-8"]),
        ((_affects(levels=_levels("4.17.6-10")),), ["XSA-1 (XCP-ng 8.3): fixed from 4.17.6-9 → 4.17.6-10"]),
        ((_affects(levels=_levels(None)),), ["XSA-1 (XCP-ng 8.3): fixed from 4.17.6-9 → not known"]),
        ((_affects(affected=False, levels=None),), ["+ XSA-1 (XCP-ng 8.3): affected yes → no"]),
        ((_advisory(affects=ADVISORY["affects"][1:]),), ["+ XSA-1 (XCP-ng 8.3): affected yes → no"]),
    ],
)
def test_what_moved_in_advisories(after: tuple[Raw, ...], said: list[str]) -> None:
    changes = data_changes(_with_advisory(ADVISORY), _with_advisory(*after))
    assert [f"{'+ ' if c.is_better else ''}{in_words(c)}" for c in changes] == said


def test_what_moved_is_the_same_after_it_was_kept() -> None:
    changes = data_changes(_with_advisory(ADVISORY), _with_advisory(_advisory(exploited=False)))
    assert tuple(change_from_data(list(change)) for change in changes) == changes
    news = DataNews(SOURCE, DAY, changes, len(changes))
    assert DataNews.from_data(news.to_data()) == news
    assert data_message(news).summary == "The data was renewed to 1 Nov 2026: XSA-1: exploited yes → no."
