"""Which deliveries were taken on already. Slack delivers again what it thinks lost, and to any of our processes."""

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from structlog.typing import FilteringBoundLogger

KEPT = 3600.0
"""Seconds that a claim is remembered; Slack gives up long before."""


class SeenEvents(Protocol):
    """Deliveries by their id. A claim is given to one asker only, until it is released or an hour has passed."""

    def claim(self, key: str) -> bool:
        """Whether the delivery is new: then it is the caller's to answer."""

    def release(self, key: str) -> None:
        """Give a claim back: the work failed, so a further delivery is to be answered."""


class SqliteSeen:
    """Claims in a small file that all processes of one user share. Without a folder they are kept in memory."""

    def __init__(self, log: FilteringBoundLogger, folder: Path | None, now: Callable[[], float]) -> None:
        self._log = log
        self._now = now
        self._lock = threading.Lock()
        path = str(folder / "seen.db") if folder else ":memory:"
        self._database = sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)
        # A claim that a crash of the machine takes with it does no harm, and waiting for the disk would.
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID")

    def claim(self, key: str) -> bool:
        """True for a new key. Should the file fail, everything is new: twice answered is better than not at all."""
        now = self._now()
        try:
            with self._lock:
                self._database.execute("DELETE FROM seen WHERE at <= ? OR at > ?", (now - KEPT, now + KEPT))
                return self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, now)).rowcount == 1
        except sqlite3.Error as error:
            self._log.warning("claims cannot be kept", reason=str(error))
            return True

    def release(self, key: str) -> None:
        try:
            with self._lock:
                self._database.execute("DELETE FROM seen WHERE key = ?", (key,))
        except sqlite3.Error as error:
            self._log.warning("a claim cannot be released", reason=str(error))

    def close(self) -> None:
        with self._lock:
            self._database.close()


def runtime_folder(environ: "os._Environ[str] | dict[str, str]", temporary: Path) -> Path | None:
    """A folder for files that processes of this user share: XDG_RUNTIME_DIR/xocompat, else below the temporary folder.

    None if it cannot be had, or if it is open to others or somebody else's (anybody may write to /tmp).
    """
    given = environ.get("XDG_RUNTIME_DIR")
    folder = Path(given) / "xocompat" if given else temporary / f"xocompat-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder if ours else None
