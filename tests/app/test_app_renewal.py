"""Renewed data in a process that runs for long: used at once, told to the channel, shown as a metric."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select

from bot.app.dataset import REFRESH, CurrentDataset
from bot.app.published import data_follower, follow_data
from bot.chat.data_news import data_message
from bot.matrix.freshness import data_ages
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.published.bundle import bundle_text, shipped_content, shipped_files
from bot.published.renewals import DataNews
from bot.store.database import Database
from bot.store.renewals import SqlRenewals
from bot.store.revisions import SqlRevisions
from bot.store.tables import outbox
from bot.web.metrics import MetricsSnapshot, ProbeMetrics, metrics
from bot.web.server import HttpRequest
from tests.app.conftest import Clock, Start, ready
from tests.published.bundles import NOW


class Renewing:
    """A process that follows a file."""

    def __init__(self, database: Database, path: Path) -> None:
        self.database, self.path, self.seconds = database, path, 0.0
        self.kept = SqlRenewals(database)
        self.dataset = CurrentDataset(SqlRevisions(database), lambda: self.seconds, lambda look: look(), self.kept)

    def put(self, old: str, new: str) -> None:
        files = shipped_files()
        assert old.encode() in files["releases"]
        files["releases"] = files["releases"].replace(old.encode(), new.encode(), 1)
        self.path.write_text(bundle_text(files, NOW.date()), encoding="utf-8")

    def follow(self) -> list[str]:
        """The first lines of what is queued for the channel."""
        renews = data_follower(str(self.path), clock=lambda: NOW)
        assert renews
        before = len(self._rows())
        follow_data(renews, self.kept, "C1", NOW, structlog.get_logger())
        self.seconds += REFRESH
        return [data_message(DataNews.from_data(row.payload)).summary for row in self._rows()[before:]]

    def _rows(self) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(select(outbox).order_by(outbox.c.id)).all())


def _end(matrix: Matrix) -> str:
    release = matrix.release(Product.XCP_NG, "8.3")
    assert release
    return str(release.lifecycle.eol)


def test_newer_data_is_used_by_a_process_that_runs_and_told_once(sqlite: Database, tmp_path: Path) -> None:
    running = Renewing(sqlite, tmp_path / "data.json")
    before = running.dataset().version
    running.put("day: 2028-11-30", "day: 2029-11-30")
    said = "The data was renewed to 27 Nov 2026: XCP-ng 8.3: end of life 30 Nov 2028 → 30 Nov 2029."
    assert [running.follow(), running.follow()] == [[said], []]
    assert (_end(running.dataset().matrix), running.dataset().version != before) == ("2029-11-30", True)
    assert running.dataset() is running.dataset()


def test_what_is_refused_is_told_once_and_what_is_in_use_stays(sqlite: Database, tmp_path: Path) -> None:
    running = Renewing(sqlite, tmp_path / "data.json")
    running.path.write_text("{")
    said = f"The data is not renewed: {running.path} is no JSON. The data in use stays as it was."
    assert [running.follow(), running.follow()] == [[said], []]
    assert running.dataset().matrix.renewed_to is None
    assert shipped_content()["releases"]["read_on"] == str(running.dataset().matrix.lifecycle_read_on)


def test_readyz_notices_data_that_is_not_renewed_or_old(start: Start, clock: Clock, tmp_path: Path) -> None:
    """It stops nobody from asking, so the status stays."""
    house, path = start(), tmp_path / "data.json"
    house.sweep()
    house.watched.settle()
    following = house._replace(watched=house.watched._replace(renews=data_follower(str(path), clock=clock)))
    assert ready(following) == ("200 OK", "ready\n")
    path.write_text("{")
    renews, kept = following.watched.renews, house.store.renewals
    assert renews
    renews.sync(kept)
    said = "the data is not renewed: the data in use stays as it was"
    assert ready(following) == ("200 OK", f"ready\n{said}\n")
    path.write_text(bundle_text(shipped_files(), clock().date()), encoding="utf-8")
    renews.sync(kept)
    assert ready(following) == ("200 OK", "ready\n")
    clock.pass_by(39)
    house.sweep()
    assert ready(following)[1].startswith("ready\nOld data: security advisories of 26 Nov 2026 (36 days).")
    assert ready(house) == ("200 OK", "ready\n")


def test_how_old_data_is_is_a_metric(matrix: Matrix) -> None:
    day = matrix.lifecycle_read_on + timedelta(days=121)
    (age,) = data_ages(matrix, day)
    assert (age.is_old, data_ages(matrix, day - timedelta(days=1))[0].is_old) == (True, False)
    shown = metrics(ProbeMetrics(), lambda: MetricsSnapshot(NOW, ages=(age,)))(HttpRequest("GET", "/metrics", {}))
    assert 'xocompat_data_age_days{kind="lifecycle"} 121.0' in str(shown.body)
