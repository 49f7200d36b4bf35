"""Answers for the shipped data. Nothing of hosts, databases or Slack is imported here."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from bot.chat.command import Ports
from bot.chat.runner import CommandRunner
from bot.matrix.load import load_matrix
from bot.query.reader import Reader

if TYPE_CHECKING:
    from bot.settings.model import Settings


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day in UTC: the same for everybody in a channel."""
    return now().date()


def runner(day: date | None = None) -> CommandRunner:
    """Answers what needs no host and no database, as of a fixed day if one is given."""
    matrix = load_matrix()
    return CommandRunner(Ports(matrix, Reader(matrix)), (lambda: day) if day else today)


def runner_of(settings: "Settings | None") -> CommandRunner:
    """The same; with the list and the data in use where the settings name a database, or data that is renewed (which
    the database keeps). None: there are no settings."""
    if settings is None or not settings.keeps_data:
        return runner()
    from bot.app.dataset import dataset_of

    edition = dataset_of(settings)
    return CommandRunner(Ports(edition.matrix, edition.reader), today)
