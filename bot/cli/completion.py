"""The operator's own names for completion: hosts, pools, targets, tags, alerts. Nothing is changed and nobody is asked.

Each press of Tab starts a process, which has 150 ms: so the file is read without its checks, the database without its
library, and where that takes longer nothing is completed.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from bot.settings.source import sources

WITHIN = 0.1
"""Seconds for the database."""

MOST = 2_000
"""Names that are offered at most: nobody reads more, and a shell has to take them."""

FILE_MAX = 4 * 1024 * 1024


class KnownNames(NamedTuple):
    """What the configuration and the database know. `targets` are those of sites too, `alerts` the open ones' ids."""

    targets: tuple[str, ...] = ()
    orchestras: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()


def known_names(config: Path | None, environ: Mapping[str, str], folder: Path) -> KnownNames:
    """The names there are; none of what can't be read in time. Never raises for a file or database that is broken."""
    found = sources(config, environ, folder)
    tree = _tree(found.cwd / found.file) if found.file else {}
    entries = [each for key in ("targets", "xen_orchestra") for each in _entries(tree, key)]
    url = environ.get("DATABASE_URL") or environ.get("XOCOMPAT_DATABASE") or tree.get("database") or ""
    asked = _asked(str(url) or "sqlite:///xocompat.db", folder)
    targets = [str(each["name"]) for each in _entries(tree, "targets")]
    orchestras = [str(each["name"]) for each in _entries(tree, "xen_orchestra")]
    tags = [str(tag) for each in entries if isinstance(each.get("tags"), list) for tag in each["tags"]]
    return KnownNames(
        targets=_distinct([*targets, *asked.get("targets", ())]),
        orchestras=_distinct(orchestras),
        tags=_distinct(tags),
        hosts=_distinct(asked.get("hosts", ())),
        pools=_distinct(asked.get("pools", ())),
        alerts=_distinct(asked.get("alerts", ())),
    )


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Each name once: those that are one word, as a shell completes word by word, and nothing that would steer it."""
    return tuple(dict.fromkeys(name for name in names if name.isprintable() and name.split() == [name]))


def _tree(path: Path) -> dict[str, Any]:
    """The keys of the file, as they stand there."""
    import yaml

    try:
        with path.open("rb") as file:
            tree = yaml.load(file.read(FILE_MAX), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return tree if isinstance(tree, dict) else {}


def _entries(tree: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The entries of a list that have a name."""
    every = tree.get(key)
    return [each for each in every if isinstance(each, dict) and each.get("name")] if isinstance(every, list) else []


_QUERIES = {
    "targets": f"SELECT name FROM sources WHERE kind <> 'xen_orchestra' ORDER BY name LIMIT {MOST}",
    "hosts": f"SELECT DISTINCT name FROM sightings WHERE NOT is_lost ORDER BY name LIMIT {MOST}",
    "pools": f"SELECT DISTINCT pool_name FROM sightings WHERE NOT is_lost ORDER BY pool_name LIMIT {MOST}",
    "alerts": f"SELECT id FROM alerts WHERE state <> 'resolved' ORDER BY id DESC LIMIT {MOST}",
}


def _asked(url: str, folder: Path) -> dict[str, list[str]]:
    """What the database has, by what was asked for; nothing where it does not answer in time."""
    found: dict[str, list[str]] = {}
    ask = _ask_sqlite if url.startswith("sqlite:") else _ask_postgresql

    def work() -> None:
        found.update(ask(url, folder))

    asking = threading.Thread(target=work, daemon=True)
    asking.start()
    asking.join(WITHIN)
    return {} if asking.is_alive() else found


def _ask_sqlite(url: str, folder: Path) -> dict[str, list[str]]:
    import sqlite3

    path = folder / unquote(url.removeprefix("sqlite:///").partition("?")[0])
    if not path.is_file():  # one that is not there must not be made
        return {}
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=WITHIN)) as connection:
            return {what: [str(row[0]) for row in connection.execute(query)] for what, query in _QUERIES.items()}
    except sqlite3.Error:
        return {}


def _ask_postgresql(url: str, _: Path) -> dict[str, list[str]]:
    import psycopg

    parts = urlsplit(url)
    try:
        with psycopg.connect(parts._replace(scheme="postgresql").geturl(), connect_timeout=1) as connection:
            connection.read_only = True
            return {
                what: [str(row[0]) for row in connection.execute(query.encode())] for what, query in _QUERIES.items()
            }
    except psycopg.Error:
        return {}


def names_here(config: Path | None) -> KnownNames:
    """Those of the current folder and environment."""
    try:
        return known_names(config, os.environ, Path.cwd())
    except OSError:  # the folder is gone
        return KnownNames()
