"""What `xocompat db` does, and how it says so."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bot.store.backup import back_up
from bot.store.database import Database
from bot.store.doctor import check_database
from bot.store.migrate import REVISIONS, migrate


class CommandResult(NamedTuple):
    """What was done: for people, for scripts, and whether all is well."""

    lines: tuple[str, ...]
    data: dict[str, Any]
    ok: bool = True


def _upgraded(url: str, _: Path) -> CommandResult:
    with _opened(url) as database:
        changed = migrate(database)
        said = "now has" if changed else "already has"
        line = f"{database.name} {said} the tables of this xocompat (revision {REVISIONS[-1]})."
    return CommandResult((line,), {"changed": changed, "revision": REVISIONS[-1]})


def _backed_up(url: str, to: Path) -> CommandResult:
    with _opened(url) as database:
        size = back_up(database, to)
    return CommandResult(
        (f"{to} is a copy of the database ({size / 2**20:.1f} MiB).",), {"file": str(to), "bytes": size}
    )


def _checked(url: str, _: Path) -> CommandResult:
    with _opened(url) as database:
        checks = check_database(database)
    data = {"checks": [each._asdict() for each in checks]}
    return CommandResult(tuple(map(str, checks)), data, all(each.ok for each in checks))


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


DATABASE_COMMANDS: Mapping[str, Callable[[str, Path], CommandResult]] = {
    "upgrade": _upgraded,
    "backup": _backed_up,
    "check": _checked,
}
"""Each takes the database's URL and a file; UnavailableError or UsageError if it can't be done."""
