"""What `xocompat db` does, and how it says so."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bot.store.backup import back_up
from bot.store.checkup import check
from bot.store.database import Database
from bot.store.migrate import REVISIONS, migrate


class Done(NamedTuple):
    """What was done: for people, for scripts, and whether all is well."""

    lines: tuple[str, ...]
    data: dict[str, Any]
    ok: bool = True


def _upgraded(url: str, _: Path) -> Done:
    with _opened(url) as database:
        changed = migrate(database)
        said = "now has" if changed else "already has"
        line = f"{database.name} {said} the tables of this xocompat (revision {REVISIONS[-1]})."
    return Done((line,), {"changed": changed, "revision": REVISIONS[-1]})


def _backed_up(url: str, to: Path) -> Done:
    with _opened(url) as database:
        size = back_up(database, to)
    return Done((f"{to} is a copy of the database ({size / 2**20:.1f} MiB).",), {"file": str(to), "bytes": size})


def _checked(url: str, _: Path) -> Done:
    with _opened(url) as database:
        checks = check(database)
    data = {"checks": [each._asdict() for each in checks]}
    return Done(tuple(map(str, checks)), data, all(each.ok for each in checks))


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


DEEDS: Mapping[str, Callable[[str, Path], Done]] = {"upgrade": _upgraded, "backup": _backed_up, "check": _checked}
"""Each takes the database's URL and a file; UnavailableError or UsageError if it can't be done."""
