"""What is known follows the accepted page, in a process that runs for long and in a shell."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.app.dataset import REFRESH, CurrentDataset, Dataset, live_runner, shipped_dataset
from bot.chat.access import Granted
from bot.chat.command import Ports, Right
from bot.chat.lookup import context
from bot.chat.platform import Actor, Origin
from bot.chat.reply import plain
from bot.chat.session.request import request_of
from bot.chat.session.responder import Responder
from bot.cli import main
from bot.errors import UnavailableError
from bot.matrix.release import Product
from bot.matrix.support import SupportLevel
from bot.published.page import Revision
from bot.published.revisions import RevisionReport, StoredRevision
from bot.store.database import Database
from bot.store.revisions import SqlRevisions
from tests.published.texts import ROWS, page

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
DAY = date(2026, 11, 23)
LOOKUP = frozenset({Right.LOOKUP})


class Pages(SqlRevisions):
    """Pages in a database that can be away."""

    is_away = False

    def in_use(self) -> StoredRevision | None:
        if self.is_away:
            raise UnavailableError("The database is away.")
        return super().in_use()


class Running:
    """The edition of a process, whose clock is moved by hand."""

    def __init__(self, database: Database) -> None:
        self.revisions = Pages(database)
        self.seconds = 0.0
        self.edition = CurrentDataset(self.revisions, lambda: self.seconds, lambda look: look())

    def accept(self, *rows: str, source: str = "list.md", accepted: bool = True) -> StoredRevision:
        return self._accept(page(*rows), source, accepted)

    def accept_text(self, text: str) -> StoredRevision:
        return self._accept(text.encode(), "list.md", accepted=True)

    def _accept(self, body: bytes, source: str, accepted: bool) -> StoredRevision:
        revision = Revision(source, hashlib.sha256(body).hexdigest(), body.decode(), DAY)
        kept = self.revisions.save(RevisionReport(revision, None, (), (), accepted), NOW)
        self.seconds += REFRESH
        return kept

    def level(self, number: str) -> SupportLevel:
        matrix = self.edition().matrix
        release = matrix.release(Product.XENSERVER, number)
        assert release
        return matrix.support(release, DAY).level


@pytest.fixture
def running(database: Database) -> Running:
    return Running(database)


def test_support_follows_the_accepted_page_and_dates_do_not(running: Running) -> None:
    assert running.level("7.2") is SupportLevel.PARTIAL
    running.accept(*ROWS[:-1], "- XenServer 7.2 ✅")
    assert running.level("7.2") is SupportLevel.FULL
    release = running.edition().matrix.release(Product.XENSERVER, "7.2")
    assert release
    assert release.lifecycle.eol == date(2018, 4, 13)


def context_of(dataset: Dataset) -> str:
    return plain(context(dataset.matrix, DAY)[0])


def test_a_page_that_says_what_is_shipped_is_as_old_as_that_and_read_on_its_day(running: Running, shared: Path) -> None:
    running.accept_text((shared / "pages/2026-08-07.md").read_text(encoding="utf-8"))
    assert "Host Compatibility List of 7 Aug 2026, read 23 Nov 2026 ·" in context_of(running.edition())
    running.revisions.fetched("list.md", NOW + timedelta(days=3))
    running.seconds += REFRESH
    assert "Host Compatibility List of 7 Aug 2026, read 26 Nov 2026 ·" in context_of(running.edition())
    assert running.edition() is running.edition()


def test_a_page_that_differs_is_of_the_day_on_which_it_came(running: Running) -> None:
    running.accept(*ROWS[:-1], "- XenServer 7.2 ✅")
    running.revisions.fetched("list.md", NOW + timedelta(days=3))
    running.accept(*ROWS, accepted=False)  # the one in use has given way: when it was there last is not known
    assert "Host Compatibility List of 23 Nov 2026, read 23 Nov 2026 ·" in context_of(running.edition())


def test_where_no_page_was_read_none_is_said_to_be() -> None:
    assert ", read " not in context_of(shipped_dataset())


def test_a_page_that_is_not_accepted_changes_nothing(running: Running) -> None:
    running.accept(*ROWS[:-1], "- XenServer 7.2 ✅", accepted=False)
    assert running.level("7.2") is SupportLevel.PARTIAL


def test_the_database_is_looked_at_now_and_then(running: Running) -> None:
    assert running.edition().page == 0
    running.accept()
    running.seconds -= 1
    assert running.edition().page == 0
    running.seconds += 1
    assert running.edition().page == 1
    assert running.edition() is running.edition()


def test_the_page_that_was_accepted_last_counts_whichever_source_gave_it(running: Running) -> None:
    running.accept(*ROWS[:-1], "- XenServer 7.2 ✅", source="a.md")
    running.accept(source="b.md")
    assert running.level("7.2") is SupportLevel.PARTIAL
    running.accept(*ROWS[:-1], "- XenServer 7.2 ✅", source="a.md")
    assert running.level("7.2") is SupportLevel.FULL


def test_without_the_database_what_was_known_stays(running: Running) -> None:
    running.accept(*ROWS[:-1], "- XenServer 7.2 ✅")
    assert running.level("7.2") is SupportLevel.FULL
    running.revisions.is_away = True
    running.seconds += REFRESH
    assert running.level("7.2") is SupportLevel.FULL


def test_nobody_waits_for_a_look_at_the_database(running: Running) -> None:
    begun: list[Callable[[], None]] = []
    edition = CurrentDataset(running.revisions, lambda: running.seconds, begun.append)
    running.accept()
    assert [edition().page, edition().page, len(begun)] == [0, 0, 1]
    begun[0]()
    assert edition().page == 1


def test_what_was_rendered_before_is_not_given_again(running: Running) -> None:
    known = shipped_dataset()
    runner = live_runner(Ports(known.matrix, known.reader), running.edition, lambda: DAY)
    asked = request_of("command", Origin(Actor("U1", "T1", "C1")), "XenServer 7.2")
    answers = Responder(runner, lambda: DAY, dataset=lambda: running.edition().page)
    assert "partial support" in answers.answer(asked, Granted(LOOKUP)).reply.summary
    running.accept(*ROWS[:-1], "- XenServer 7.2 ✅")
    assert "full support" in answers.answer(asked, Granted(LOOKUP)).reply.summary


def test_a_new_row_can_be_asked_about_at_once(running: Running) -> None:
    running.accept(*ROWS, "- XenServer 9.1 ✅")
    edition: Dataset = running.edition()
    (part,) = edition.reader.read("XenServer 9.1").parts
    assert [release.number for release in part.releases] == ["9.1"]


def test_a_shell_uses_it_where_a_configuration_names_the_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.md").write_bytes(page(*ROWS[:-1], "- XenServer 7.2 ✅"))
    config = tmp_path / "xocompat.yaml"
    config.write_text("list: {url: list.md}\n")
    assert main(["sync", "--force"]) == 0
    capsys.readouterr()
    main(["XenServer 7.2"])
    assert "❎ partial support" in capsys.readouterr().out
    config.write_text("list: {url: list.md}\ndatabase: sqlite:///xocompat.db\n")
    main(["XenServer 7.2"])
    assert "✅ full support" in capsys.readouterr().out
