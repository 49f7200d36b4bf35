"""Following a page: it is used when nothing is wrong with it, and else the list in use stays as it was."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.matrix.matrix import Matrix
from bot.matrix.support import Badge
from bot.published.fetch import Failed, Fetched, FetchResult, NotModified
from bot.published.page import PageProblem, Revision, RowChangeKind
from bot.published.revisions import FetchAttempts, PageDiff, Revisions, StoredRevision
from bot.published.sync import ListFollower, SyncState, SyncStatus
from bot.query.reader import Reader
from bot.store.database import Database
from bot.store.revisions import SqlRevisions
from tests.fleet.fleets import START
from tests.published.texts import ROWS, page, without

DAY = date(2026, 11, 23)
LIST = "https://example.org/list.md"
AWAY = Failed("It does not answer.", passing=True)


class Source:
    """What the source gives next, and which tags it was asked with."""

    def __init__(self) -> None:
        self.gives: FetchResult = Fetched(page(), '"1"')
        self.asked: list[str | None] = []

    def __call__(self, source: str, known: str | None) -> FetchResult:
        assert source.endswith("example.org/list.md")
        self.asked.append(known)
        return self.gives


class Followed:
    """A source that is followed with a database."""

    def __init__(self, matrix: Matrix, reader: Reader, revisions: Revisions) -> None:
        self.source, self.revisions = Source(), revisions
        self.follower = ListFollower(LIST, self.source, matrix, reader, lambda: START, revisions)

    def begin(self) -> PageDiff:
        """The first page, which is far shorter than the shipped list."""
        return self.sync(force=True)

    def sync(self, given: FetchResult | bytes | None = None, force: bool = False) -> PageDiff:
        if given is not None:
            self.source.gives = Fetched(given) if isinstance(given, bytes) else given
        return self.follower.sync(DAY, self.revisions, force)

    @property
    def in_use(self) -> str | None:
        used = self.revisions.in_use()
        return used.revision.text if used else None


@pytest.fixture
def followed(matrix: Matrix, reader: Reader, sqlite: Database) -> Followed:
    return Followed(matrix, reader, SqlRevisions(sqlite))


def test_a_page_is_used_and_then_changes_nothing(followed: Followed) -> None:
    first = followed.begin()
    assert (first.problems, first.accepted) == ((), True)
    assert first.changes
    assert first.page
    assert len(first.page.rows) == len(ROWS)
    assert followed.sync().changes == ()
    assert followed.source.asked == [None, '"1"']


def test_a_page_that_is_not_sent_again_is_the_one_before(followed: Followed) -> None:
    first = followed.begin()
    again = followed.sync(NotModified())
    assert (again.digest, again.changes, again.page) == (first.digest, (), first.page)


def test_what_changes_is_told_against_the_page_in_use(followed: Followed) -> None:
    followed.begin()
    look = followed.sync(page(*ROWS[1:], "- XenServer 9 ✅"))
    assert [(change.kind, change.label) for change in look.changes] == [
        (RowChangeKind.ADDED, "XenServer 9"),
        (RowChangeKind.REMOVED, "XCP-ng 8.3 LTS"),
    ]


def test_a_page_with_a_problem_leaves_the_list_in_use(followed: Followed) -> None:
    followed.begin()
    look = followed.sync(page(*ROWS, "- XenServer 9 🦄"))
    assert look.problems
    assert not look.accepted
    assert followed.in_use == page().decode()
    assert followed.sync(force=True).problems, "force is for lost rows alone"


def test_a_page_that_lost_more_than_half_of_its_rows_needs_force(followed: Followed) -> None:
    followed.begin()
    assert followed.sync(without(3)).accepted
    followed.sync(page())
    (problem,) = followed.sync(without(4)).problems
    assert problem.message.startswith("4 of the 6 rows in use are gone")
    assert followed.in_use == page().decode()
    assert followed.sync(without(4), force=True).accepted
    assert followed.in_use == without(4).decode()
    assert followed.sync(without(4)).changes == ()


def test_a_page_that_cannot_be_had_is_a_problem_and_is_kept(followed: Followed) -> None:
    followed.begin()
    look = followed.sync(AWAY)
    assert ([problem.message for problem in look.problems], look.passing) == (["It does not answer."], True)
    tries = followed.revisions.attempts(LIST)
    assert tries
    assert (tries.error, tries.passing) == ("It does not answer.", True)
    followed.sync(page())
    assert followed.revisions.attempts(LIST) == tries._replace(error=None, passing=False, failing_since=None)


def test_that_nothing_changed_is_no_answer_to_the_first_question(followed: Followed) -> None:
    assert followed.sync(NotModified()).problems


def test_looking_keeps_nothing(followed: Followed) -> None:
    assert followed.follower.check(DAY).changes
    assert (followed.revisions.latest(LIST), followed.revisions.attempts(LIST)) == (None, None)


def test_without_a_database_the_shipped_list_is_what_is_in_use(matrix: Matrix, reader: Reader) -> None:
    look = ListFollower(LIST, Source(), matrix, reader, lambda: START).check(DAY)
    assert "XenServer 9" in {change.label for change in look.changes if change.kind is RowChangeKind.REMOVED}


def test_the_last_page_is_looked_at_without_asking_anybody(followed: Followed) -> None:
    assert followed.follower.latest(DAY) is None
    followed.begin()
    followed.source.asked.clear()
    look = followed.follower.latest(DAY)
    assert look
    assert (look.changes, look.accepted, look.read_at, followed.source.asked) == ((), True, START, [])


def test_a_password_of_the_source_is_neither_kept_nor_told(matrix: Matrix, reader: Reader, sqlite: Database) -> None:
    revisions = SqlRevisions(sqlite)
    follower = ListFollower(LIST.replace("//", "//ann:secret@"), Source(), matrix, reader, lambda: START, revisions)
    assert follower.sync(DAY, revisions).source == LIST
    assert revisions.latest(LIST)


def _stored(*problems: PageProblem, accepted: bool) -> StoredRevision:
    return StoredRevision(1, Revision(LIST, "d", "", DAY), None, (), problems, START, START if accepted else None)


GOOD, BAD = _stored(accepted=True), _stored(PageProblem(3, "No."), accepted=False)
FAILING = FetchAttempts(START, ok_at=START, failing_since=START, error="It does not answer.")


@pytest.mark.parametrize(
    ("latest", "attempts", "days", "state"),
    [
        (None, None, 0, SyncState.GOOD),
        (GOOD, FetchAttempts(START, ok_at=START), 30, SyncState.GOOD),
        (GOOD, FAILING._replace(passing=True), 6, SyncState.GOOD),
        (GOOD, FAILING._replace(passing=True), 7, SyncState.UNREACHABLE),
        (GOOD, FAILING, 0, SyncState.UNREACHABLE),
        (None, FAILING, 0, SyncState.UNREACHABLE),
        (BAD, FetchAttempts(START, ok_at=START), 0, SyncState.REFUSED),
        (BAD, FAILING._replace(passing=True), 6, SyncState.REFUSED),
        (BAD, FAILING, 0, SyncState.UNREACHABLE),
        (BAD._replace(accepted_at=START), None, 0, SyncState.GOOD),
    ],
)
def test_a_source_is_unreachable_before_its_page_is_refused(
    latest: StoredRevision | None, attempts: FetchAttempts | None, days: int, state: SyncState
) -> None:
    status = SyncStatus(LIST, latest, None, attempts)
    assert status.state(START + timedelta(days=days)) is state
    assert status.days_failing(START + timedelta(days=days)) == (days if attempts and attempts.failing_since else 0)


def test_a_page_was_read_when_its_source_last_gave_one() -> None:
    later = START + timedelta(days=1)
    assert SyncStatus(LIST, None, None, FAILING).read_at is None
    assert SyncStatus(LIST, GOOD, None, None).read_at == START
    assert SyncStatus(LIST, GOOD, None, FetchAttempts(later, ok_at=later)).read_at == later


@pytest.mark.parametrize(
    ("error", "what", "mend"),
    [
        (None, "", ""),
        ("It does not answer.", "It does not answer.", ""),
        ("It is empty. Set `list.url` to a file.", "It is empty", "Set `list.url` to a file."),
    ],
)
def test_an_attempt_says_what_went_wrong_and_what_to_do(error: str | None, what: str, mend: str) -> None:
    attempt = FetchAttempts(START, error=error)
    assert (attempt.what, attempt.mend) == (what, mend)


REAL = ("2020-05-21.md", "seed.md", "2026-08-07.md")


def _with_other_support(count: int) -> bytes:
    """The page with another level for its first rows."""
    swap = str.maketrans("✅❎", "❎✅")
    return page(*(row.translate(swap) if at < count else row for at, row in enumerate(ROWS)))


def test_a_page_that_changes_the_support_of_more_than_a_third_of_the_rows_needs_force(followed: Followed) -> None:
    followed.begin()
    assert followed.sync(_with_other_support(2)).accepted
    followed.sync(page(), force=True)
    look = followed.sync(_with_other_support(3))
    (problem,) = look.problems
    assert problem.message == (
        "3 of the 6 rows in use have another support: if that is right, `xocompat sync --force` takes the page."
    )
    assert len(look.changes) == 3, "they are told all the same"
    assert followed.in_use == page().decode()
    assert SyncStatus.of(followed.revisions, LIST).state(START) is SyncState.REFUSED
    assert followed.sync(_with_other_support(3), force=True).accepted
    assert followed.in_use == _with_other_support(3).decode()


@pytest.mark.parametrize(
    "rows",
    [
        tuple(row.replace(" 🚀", "") + ("" if "🚀" in row else " 🚀") for row in ROWS),
        tuple(f"{row}\n  - no official support" for row in ROWS),
    ],
)
def test_extra_features_and_official_support_are_support_too(followed: Followed, rows: tuple[str, ...]) -> None:
    followed.begin()
    (problem,) = followed.sync(page(*rows)).problems
    assert problem.message.startswith("6 of the 6 rows in use have another support")


def test_signs_of_dates_are_no_support(followed: Followed) -> None:
    followed.begin()
    assert followed.sync(page(*(row.replace(" ☠️", "") for row in ROWS))).accepted


def test_rows_that_are_gone_and_rows_that_are_others_count_together(followed: Followed) -> None:
    followed.begin()
    rows = [*ROWS[2:4], ROWS[4].replace("✅", "❎"), ROWS[5].replace("❎", "✅")]
    assert "2 of the 6 rows in use are gone and 2 have" in followed.sync(page(*rows)).problems[0].message


def test_a_page_without_signs_in_between_does_not_open_the_door(followed: Followed, matrix: Matrix) -> None:
    """It says nothing of support: what is in use then is the shipped list, and the next page is held against that."""
    followed.begin()
    bare = "\n".join(row.split(" ✅")[0].split(" ❎")[0] for row in ROWS)
    assert followed.sync(f"# Host Compatibility List\n\n{bare}\n".encode()).accepted
    flipped = [
        f"- {row.releases[0].base_name} {'❎' if Badge.FULL in row.badges(DAY) else '✅'}"
        for row in matrix.published.rows
    ]
    assert "rows in use have another support" in followed.sync(page(*flipped)).problems[0].message


def test_the_real_pages_are_taken_in_their_order(
    matrix: Matrix, reader: Reader, sqlite: Database, shared: Path
) -> None:
    revisions, source = SqlRevisions(sqlite), Source()
    follower = ListFollower(LIST, source, matrix, reader, lambda: START, revisions)
    for name in REAL:
        source.gives = Fetched((shared / "pages" / name).read_bytes())
        assert follower.sync(DAY, revisions).problems == ()
