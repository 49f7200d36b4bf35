"""What is in use: the shipped data with an accepted page. Support follows the page, dates never do."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.command import Ports, Right
from bot.chat.runner import CommandRunner
from bot.chat.verdict import recommendation
from bot.matrix.assess import assess
from bot.matrix.lifecycle import LifecycleStage
from bot.matrix.matrix import Matrix
from bot.matrix.release import Release
from bot.matrix.support import UNLISTED, Badge, Support, SupportLevel
from bot.published.merge import merged, unusable
from bot.published.page import Page, PageProblem, PageRow
from bot.query.reader import Reader
from bot.terminal.capabilities import capabilities_of
from bot.terminal.render import render
from tests.published.listed import EXTRAS, FULL, PARTIAL, READ_ON, SKULL, XS, new_row, page_of, row_of

ALL = frozenset(Right)


def _release(matrix: Matrix, name: str) -> Release:
    return next(release for release in matrix.releases if release.base_name == name)


def _desk(matrix: Matrix) -> CommandRunner:
    return CommandRunner(Ports(matrix, Reader(matrix)), lambda: READ_ON)


def _said(matrix: Matrix, words: str) -> str:
    reply = _desk(matrix).answer(words, ALL)
    return render(reply, capabilities_of(io.StringIO(), {}))


def _replaced(matrix: Matrix, label: str, *badges: Badge, notes: tuple[str, ...] = ()) -> Page:
    page = page_of(matrix)
    return Page(tuple(
        row._replace(badges=badges, notes=notes) if row.label == label else row for row in page.rows
    ))  # fmt: skip


def test_a_page_that_says_what_the_list_says_changes_nothing_but_its_date(matrix: Matrix) -> None:
    same = merged(matrix, page_of(matrix), READ_ON)
    assert same.releases == matrix.releases
    assert same.published == matrix.published._replace(read_on=READ_ON)
    assert (same.issues, same.features, same.hops) == (matrix.issues, matrix.features, matrix.hops)


def test_a_release_that_the_data_lacks_is_added_without_dates_and_says_where_it_is_from(matrix: Matrix) -> None:
    found = _release(merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON), "XenServer 9.1")
    assert not found.lifecycle.is_known
    assert found.lifecycle.stage(READ_ON) is LifecycleStage.SUPPORTED
    assert found.note == "From the published list of 25 Nov 2026: its dates are not in our data yet"


def test_a_new_release_stands_where_its_number_belongs(matrix: Matrix) -> None:
    page = page_of(matrix, new_row("XenServer 9.1", FULL), new_row("XCP-ng 8.4", FULL), new_row("XenServer 7.7", FULL))
    names = [release.base_name for release in merged(matrix, page, READ_ON).releases]
    assert names[:2] == ["XCP-ng 8.4", "XCP-ng 8.3"]
    assert names[names.index("XCP-ng 7.4") + 1 :][:2] == ["XenServer 9.1", "XenServer 9"]
    assert names[names.index("XenServer 7.7") - 1] == "Citrix Hypervisor 8.0"


@pytest.mark.parametrize("typed", ["XenServer 9.1", "xs 9.1", "9.1.0", "Xenserver 9.1 LTS"])
def test_the_reader_finds_a_new_release(matrix: Matrix, typed: str) -> None:
    new = merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON)
    assert Reader(new).read(typed).releases == (_release(new, "XenServer 9.1"),)


def test_a_host_that_runs_a_new_release_is_known(matrix: Matrix) -> None:
    new = merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON)
    assert Reader(new).identify("XenServer", "9.1.0").releases == (_release(new, "XenServer 9.1"),)


@pytest.mark.parametrize("typed", ["XCP-ng 9.x", "xcp-ng 9.0", "XCP-ng 9"])
def test_a_row_for_a_whole_line_is_a_release_until_its_numbers_are_known(matrix: Matrix, typed: str) -> None:
    new = merged(matrix, page_of(matrix, new_row("XCP-ng 9.x", PARTIAL)), READ_ON)
    assert [release.base_name for release in Reader(new).read(typed).releases] == ["XCP-ng 9.x"]


def test_a_number_beside_a_whole_line_is_a_release_of_its_own(matrix: Matrix) -> None:
    new = merged(matrix, page_of(matrix, new_row("XCP-ng 9.x", PARTIAL), new_row("XCP-ng 9.0", FULL)), READ_ON)
    assert Reader(new).read("XCP-ng 9.0").releases == (_release(new, "XCP-ng 9.0"),)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("XCP-ng 9.0 LTS", "XCP-ng 9.0"),
        ("Citrix Hypervisor 8.5", "Citrix Hypervisor 8.5"),
        ("XenServer  9.1", "XenServer 9.1"),
    ],
)
def test_a_new_release_is_called_as_its_row_but_for_the_lts(matrix: Matrix, label: str, name: str) -> None:
    new = merged(matrix, page_of(matrix, new_row(label, FULL)), READ_ON)
    assert name in [release.base_name for release in new.releases]


@pytest.mark.parametrize("label", ["=1+1 9.1", "XenServer\x1b[31m 9.1", "*XenServer* <!channel> 9.1", "9.1"])
def test_a_name_that_is_no_products_is_not_taken_from_a_page(matrix: Matrix, label: str) -> None:
    new = merged(matrix, page_of(matrix, PageRow(label, XS, ("9.1",), (FULL,))), READ_ON)
    assert [release.base_name for release in new.releases if release.number == "9.1"] == ["XenServer 9.1"]


def test_a_row_of_several_new_releases_has_its_label_and_each_release_its_name(matrix: Matrix) -> None:
    page = page_of(matrix, PageRow("XenServer 9.1 and 9.2", XS, ("9.1", "9.2"), (FULL,)))
    new = merged(matrix, page, READ_ON)
    assert new.published.rows[0].title == "XenServer 9.1 and 9.2"
    assert [release.base_name for release in new.published.rows[0].releases] == ["XenServer 9.1", "XenServer 9.2"]


def test_a_number_by_which_a_release_goes_too_is_that_release(matrix: Matrix) -> None:
    page = page_of(matrix, new_row("XenServer 8.4", PARTIAL), without=("XenServer 8",))
    new = merged(matrix, page, READ_ON)
    assert new.releases == matrix.releases
    assert new.support(_release(new, "XenServer 8"), READ_ON).level is SupportLevel.PARTIAL


def test_support_follows_the_page(matrix: Matrix) -> None:
    new = merged(matrix, _replaced(matrix, "XenServer 7.2", FULL, EXTRAS), READ_ON)
    assert new.support(_release(new, "XenServer 7.2"), READ_ON) == Support(SupportLevel.FULL, True, True)


def test_that_there_is_no_official_support_is_what_the_notes_say(matrix: Matrix) -> None:
    notes = ("It works, with  No official\nsupport from us",)
    new = merged(matrix, _replaced(matrix, "XenServer 7.2", PARTIAL, notes=notes), READ_ON)
    assert new.support(_release(new, "XenServer 7.2"), READ_ON) == Support(SupportLevel.PARTIAL, False)


def test_dates_never_follow_the_page(matrix: Matrix) -> None:
    new = merged(matrix, _replaced(matrix, "XCP-ng 8.3 LTS", FULL, SKULL), READ_ON)
    assert new.releases == matrix.releases
    assert SKULL not in new.published.rows[0].badges(READ_ON)


def test_a_new_release_without_security_updates_says_so_in_its_note(matrix: Matrix) -> None:
    new = merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL, SKULL)), READ_ON)
    assert "the list shows it as without security updates" in (_release(new, "XenServer 9.1").note or "")


def test_a_release_that_the_page_has_no_more_is_unlisted_and_keeps_its_dates(matrix: Matrix) -> None:
    new = merged(matrix, page_of(matrix, without=("XenServer 7.0",)), READ_ON)
    old = _release(new, "XenServer 7.0")
    assert new.support(old, READ_ON) == UNLISTED
    assert old.lifecycle == _release(matrix, "XenServer 7.0").lifecycle


def test_rows_stand_in_the_order_of_the_page(matrix: Matrix) -> None:
    page = page_of(matrix)
    backwards = merged(matrix, Page(page.rows[::-1]), READ_ON)
    assert backwards.published.rows == matrix.published.rows[::-1]


def test_a_page_without_signs_changes_nothing(matrix: Matrix) -> None:
    unsigned = Page(tuple(row._replace(badges=()) for row in page_of(matrix).rows), has_signs=False)
    assert merged(matrix, unsigned, READ_ON) is matrix


_NEW_1 = new_row("XenServer 9.1", FULL)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (new_row("XenServer 9.1", EXTRAS), "XenServer 9.1 has no sign of how far it is supported."),
        (new_row("XenServer 9.1", FULL, PARTIAL), "XenServer 9.1 has two signs of how far it is supported."),
        (new_row("XenServer 9.2", FULL)._replace(releases=()), "XenServer 9.2 names no release."),
        (new_row("XenServer 9.2-beta", FULL), '"9.2-beta" in XenServer 9.2-beta is not the number of a release.'),
        (new_row("XenServer nine", FULL), '"nine" in XenServer nine is not the number of a release.'),
        (new_row("XenServer 8.4", FULL), "XenServer 8.4 is in line 5 already."),
        (_NEW_1._replace(releases=("9.1", "9.0")), "XenServer 9.1 is in line 6 already."),
    ],
)
def test_a_page_that_makes_no_sense_is_refused_with_its_line(matrix: Matrix, row: PageRow, expected: str) -> None:
    eight = new_row("XenServer 8", FULL)
    page = Page((eight._replace(line=5), _NEW_1._replace(line=6), row._replace(line=7)))
    assert unusable(matrix, page)[0] == PageProblem(7, expected)
    with pytest.raises(ValueError, match="not to be used"):
        merged(matrix, page, READ_ON)


def test_a_page_that_was_not_read_without_problems_is_refused_for_these(matrix: Matrix) -> None:
    page = page_of(matrix)._replace(problems=(PageProblem(3, "The sign ⚡ is not in the legend."),))
    assert unusable(matrix, page) == page.problems
    with pytest.raises(ValueError, match="The sign ⚡ is not in the legend"):
        merged(matrix, page, READ_ON)


def test_a_page_that_says_what_the_list_says_can_be_used(matrix: Matrix) -> None:
    assert unusable(matrix, page_of(matrix)) == ()


_SIGNS = st.sampled_from([(FULL,), (PARTIAL,), (FULL, EXTRAS), (PARTIAL, SKULL), (FULL, EXTRAS, SKULL)])
_NEW = st.lists(st.sampled_from(["XenServer 9.1", "XCP-ng 9.x", "XCP-ng 8.4 LTS", "XenServer 10"]), unique=True)


@settings(deadline=None)
@given(st.data())
def test_merging_what_is_in_use_changes_nothing(matrix: Matrix, data: st.DataObject) -> None:
    rows = data.draw(st.permutations([row._replace(badges=data.draw(_SIGNS)) for row in page_of(matrix).rows]))
    rows = rows[data.draw(st.integers(0, len(rows))) :]
    new = [new_row(label, *data.draw(_SIGNS)) for label in data.draw(_NEW)]
    once = merged(matrix, Page((*new, *rows)), READ_ON)
    twice = merged(once, Page(tuple(map(row_of, once.published.rows))), READ_ON)
    assert (twice.releases, twice.published) == (once.releases, once.published)
    assert [release for release in once.releases if release in matrix.releases] == list(matrix.releases)


def test_check_says_what_is_known_of_a_new_release_and_what_is_not(matrix: Matrix) -> None:
    said = _said(merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON), "XenServer 9.1")
    assert said.startswith("XenServer 9.1  ✅ full support  ❔ end of life not known\nIts end of life is not known.")
    assert "Note: From the published list of 25 Nov 2026: its dates are not in our data yet.\n" in said
    assert "ask the vendor for how long" in said
    assert "security updates" not in said


@pytest.mark.parametrize("words", ["list", "timeline", "timeline xenserver", "upgrade XenServer 9.1"])
def test_look_ups_say_that_the_end_of_life_of_a_new_release_is_not_known(matrix: Matrix, words: str) -> None:
    said = _said(merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON), words)
    about = next(line for line in said.splitlines() if "XenServer 9.1" in line)
    assert "not known" in about or "no end of life for it yet" in said


def test_a_release_whose_end_is_known_is_the_goal_before_one_of_which_it_is_not(matrix: Matrix) -> None:
    new = merged(matrix, page_of(matrix, new_row("XenServer 9.1", FULL)), READ_ON)
    for name in ("XenServer 6.0", "XenServer 7.2", "XenServer 8", "Citrix Hypervisor 8.2"):
        before, after = (recommendation(assess(each, _release(each, name), READ_ON)) for each in (matrix, new))
        assert before == after
