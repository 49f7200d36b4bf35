"""A verdict in words: the next step as a sentence, as a clause, and with the hosts that it is about."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.command import Right
from bot.chat.data import assessment_data
from bot.chat.reply import Bullets, Link, Paragraph, plain, spoken
from bot.chat.runner import CommandRunner
from bot.chat.verdict import next_step, recommendation, verdict, why
from bot.matrix.assess import assess
from bot.matrix.matrix import Matrix
from bot.matrix.recommend import Action, recommend
from bot.matrix.release import Product, Release
from bot.published.merge import merged
from tests.published.listed import FULL, READ_ON, new_row, page_of

TODAY = date(2026, 11, 23)
XCP, XS = Product.XCP_NG, Product.XENSERVER


def _release(matrix: Matrix, product: Product, number: str) -> Release:
    release = matrix.release(product, number)
    assert release
    return release


@pytest.mark.parametrize(
    ("product", "number", "on", "text"),
    [
        (XS, "7.2", TODAY, "Upgrade to XenServer 8 (by way of Citrix Hypervisor 8.2 CU1), or move to XCP-ng 8.3 LTS."),
        (XCP, "8.2", TODAY, "Upgrade to XCP-ng 8.3 LTS."),
        (XCP, "8.3", TODAY, "Nothing now but to keep it updated."),
        (XCP, "8.2", date(2025, 7, 1), "Plan the upgrade to XCP-ng 8.3 LTS before 16 Sep 2025."),
        (XS, "8.2", date(2024, 11, 14), "Plan the upgrade to XenServer 8 before 25 Jun 2025, or move to XCP-ng 8.3."),
        (
            XS,
            "5.5",
            TODAY,
            "Move to XenServer 9 or XCP-ng 8.3 LTS: our sources show no upgrade path, "
            "so ask the vendor or install it anew.",
        ),
        (XS, "9", date(2026, 1, 1), "It came out on 2 Jul 2026: ask about a day from then on."),
        (XS, "5.6", date(2010, 1, 1), "It came out in May 2010: ask about a day from then on."),
        (
            XS,
            "8",
            date(2028, 12, 1),
            "Upgrade to XenServer 9.",
        ),
        (
            XS,
            "7.2",
            date(2018, 4, 12),
            "Plan the move to XenServer 7.4 before 13 Apr 2018: our sources show no upgrade path to it yet.",
        ),
        (
            XS,
            "8",
            date(2028, 11, 29),
            "Plan the upgrade to XenServer 9 before 30 Nov 2028.",
        ),
        (XS, "7.1", TODAY, "Move to XCP-ng 8.3 LTS (by way of XCP-ng 8.2.1), or install XenServer 9 anew."),
        (
            XS,
            "6.5",
            TODAY,
            "Move to XenServer 9 or XCP-ng 8.3 LTS: no vendor documents an upgrade, so install it anew.",
        ),
        (XS, "6.2", date(2016, 1, 1), "For full support in Xen Orchestra use XenServer 6.5."),
        (XS, "5.5", date(2010, 1, 1), "Keep it updated, and expect features of Xen Orchestra to be missing."),
        (
            XCP,
            "8.3",
            date(2028, 11, 29),
            "Plan what follows it before 30 Nov 2028: no successor with a longer support is known for that day.",
        ),
        (
            XCP,
            "8.3",
            date(2032, 1, 1),
            "No later XCP-ng with security updates is known for that day: ask the vendor for its successor.",
        ),
    ],
)
def test_the_next_step_is_a_sentence(matrix: Matrix, product: Product, number: str, on: date, text: str) -> None:
    assert recommendation(assess(matrix, _release(matrix, product, number), on)) == text


def test_where_no_end_of_life_is_known_it_says_so(matrix: Matrix) -> None:
    new = merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON)
    said = recommendation(assess(new, _release(new, XS, "9.1"), READ_ON))
    assert said == "Keep it updated, and ask the vendor for how long: our data has no end of life for it yet."


@pytest.mark.parametrize(
    ("product", "number", "prerelease", "on", "first", "step"),
    [
        (XS, "8", "preview", TODAY, "XenServer 8 preview", "move to the final XenServer 8 by ISO."),
        (
            XCP,
            "8.3",
            "RC1",
            TODAY,
            "XCP-ng 8.3 RC1",
            "move to the final XCP-ng 8.3 LTS by ISO (only RC2 can be updated in place).",
        ),
        (
            XCP,
            "8.3",
            "beta 2",
            date(2025, 1, 1),
            "XCP-ng 8.3 beta 2",
            "move to the final XCP-ng 8.3 by ISO (only RC2 can be updated in place).",
        ),
        (
            XCP,
            "8.3",
            "alpha",
            date(2024, 1, 1),
            "XCP-ng 8.3 alpha",
            "move to the final XCP-ng 8.3 by ISO (only RC2 can be updated in place), once it is out (7 Oct 2024).",
        ),
        (
            XCP,
            "8.2",
            "beta",
            TODAY,
            "XCP-ng 8.2 beta",
            "move to XCP-ng 8.3 LTS: our sources show no upgrade path, so ask the vendor or install it anew.",
        ),
        (
            XS,
            "7.1",
            "preview",
            TODAY,
            "XenServer 7.1 preview",
            "move to XenServer 9 or XCP-ng 8.3 LTS: our sources show no upgrade path, "
            "so ask the vendor or install it anew.",
        ),
    ],
)
def test_a_prerelease_is_for_tests_and_gives_way_to_its_release(
    matrix: Matrix, product: Product, number: str, prerelease: str, on: date, first: str, step: str
) -> None:
    found = assess(matrix, _release(matrix, product, number), on, prerelease)
    assert spoken(verdict(matrix.published, found)) == f"{first}: pre-release"
    assert spoken(why(found)) == "It is a pre-release: for tests, without support or timely security fixes."
    assert next_step(found.recommendation, found.release, found.on) == step
    data = assessment_data(found)
    assert (data["name"], data["prerelease"], data["support"]["level"]) == (first, prerelease, "unlisted")
    life = data["lifecycle"]
    assert (life["stage"], life["eol_on"], life["days_left"], life["lts"]) == ("prerelease", None, None, False)
    assert data["badges"] == []


def test_a_release_says_that_it_is_no_prerelease(matrix: Matrix) -> None:
    assert assessment_data(assess(matrix, _release(matrix, XCP, "8.3"), TODAY))["prerelease"] is None


@pytest.mark.parametrize(
    ("product", "number", "on", "said"),
    [
        (XCP, "8.2", TODAY, "upgrade xen-2 and xen-3 to XCP-ng 8.3 LTS."),
        (XS, "7.1", TODAY, "move xen-2 and xen-3 to XCP-ng 8.3 LTS (by way of XCP-ng 8.2.1), or install"),
        (XS, "6.5", TODAY, "move xen-2 and xen-3 to XenServer 9 or XCP-ng 8.3 LTS: no vendor documents an upgrade"),
        (XS, "5.5", TODAY, "move xen-2 and xen-3 to XenServer 9 or XCP-ng 8.3 LTS: our sources show no upgrade path"),
        (XCP, "8.2", date(2025, 7, 1), "xen-2 and xen-3: plan the upgrade to XCP-ng 8.3 LTS before 16 Sep 2025."),
        (XS, "6.2", date(2016, 1, 1), "xen-2 and xen-3: for full support in Xen Orchestra use XenServer 6.5."),
    ],
)
def test_hosts_stand_where_they_belong_in_the_clause(
    matrix: Matrix, product: Product, number: str, on: date, said: str
) -> None:
    release = _release(matrix, product, number)
    assert next_step(recommend(matrix, release, on), release, on, "xen-2 and xen-3").startswith(said)


@given(on=st.dates(), at=st.integers(0, 26))
def test_there_is_always_a_sentence_that_says_the_same_as_the_clause(matrix: Matrix, on: date, at: int) -> None:
    assessment = assess(matrix, matrix.releases[at], on)
    said = recommendation(assessment)
    clause = next_step(assessment.recommendation, assessment.release, on)
    assert said[0].isupper()
    assert said.endswith(".")
    assert (said[0].lower(), said[1:]) == (clause[0], clause[1:])
    assert "None" not in said
    assert assessment.recommendation.action in Action


@pytest.mark.parametrize(
    ("number", "on", "shows"),
    [
        ("8.2", "2024-11-14", True),
        ("8.2", "2026-08-06", True),
        ("8.2", "2026-08-07", False),
        ("8.1", "2024-07-31", False),
    ],
)
def test_a_sign_that_the_list_dropped_is_the_days_and_what_the_list_says_now_is_said(
    matrix: Matrix, number: str, on: str, shows: bool
) -> None:
    assessment = assess(matrix, _release(matrix, XCP, number), date.fromisoformat(on))
    until = {"8.2": "7 Aug 2026", "8.1": "31 Jul 2024"}[number]
    assert plain(why(assessment)).endswith(
        f"The list showed all extra features for it until {until}; the host still has them."
    )
    assert assessment.support.extra_features is shows


@pytest.mark.parametrize("number", ["8.3", "8.0", "7.6"])
def test_of_other_signs_nothing_is_said(matrix: Matrix, number: str) -> None:
    assert "The list showed" not in plain(why(assess(matrix, _release(matrix, XCP, number), TODAY)))


def test_under_what_a_release_is_supported_stands_in_its_verdict_with_a_link(desk: CommandRunner) -> None:
    reply = desk.answer("XenServer 8", frozenset({Right.LOOKUP}))
    (block,) = (
        block for block in reply.blocks if isinstance(block, Bullets) and block.title == "Supported only as long as"
    )
    six_months, licence = map(plain, block.items)
    assert six_months.startswith("it has updates of the last six months")
    assert "License Activation Service" in licence
    assert all(isinstance(item[-1], Link) for item in block.items)
    assert reply.data
    assert [each["id"] for each in reply.data["assessments"][0]["requirements"]] == [
        "updates-of-six-months",
        "las-licence",
    ]


def test_the_json_of_an_update_level_has_the_dates_that_its_words_have(desk: CommandRunner) -> None:
    reply = desk.answer("XenServer 6.0.2 CC on 2018-01-01", frozenset({Right.LOOKUP}))
    assert reply.data
    life = reply.data["assessments"][0]["lifecycle"]
    assert (life["stage"], life["maintenance_ends_on"], life["eol_on"]) == ("maintenance", "2014-06-26", "2018-06-26")
    said = " ".join(plain(line) for block in reply.blocks if isinstance(block, Paragraph) for line in block.lines)
    assert "Maintenance ended on 26 Jun 2014; end of life on 26 Jun 2018" in said
