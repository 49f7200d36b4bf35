"""Which form of table a workspace takes: tried from the richest, and remembered where one was refused."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from structlog.typing import FilteringBoundLogger

from bot.chat.session.executor import BoundedExecutor, InTime, Untold
from bot.errors import UnavailableError
from bot.slack.table_blocks import TableForm

T = TypeVar("T")

REMEMBERED = timedelta(days=1)
"""After so long a form that was refused is tried again: Slack brings new blocks to workspaces one by one."""

RENEWED = timedelta(minutes=1)
"""How old what other processes found out may be."""

TEAMS_MAX = 1_000

REFUSALS = (
    "attachment_payload_limit_exceeded",
    "block_mismatch",
    "invalid_attachments",
    "invalid_blocks",
    "msg_blocks_too_long",
    "only_one_table_allowed",
)
"""Codes by which Slack refuses a message for its blocks; other codes may begin with one of them."""


def is_refusal(code: str) -> bool:
    """Whether a code of Slack's may be about a table."""
    return code.startswith(REFUSALS)


class RefusedForms(Protocol):
    """What was refused, remembered for all processes. UnavailableError if the database could not be reached."""

    def since(self, at: datetime) -> Mapping[str, tuple[int, datetime]]:
        """The plainer form of each workspace that refused a richer one since a moment, and when it did."""

    def save(self, team: str, form: int, at: datetime) -> None:
        """Remember the plainer form of a workspace, in place of what was remembered of it."""


class TableForms:
    """The best form for each workspace. `clock` is the time in UTC; `best` is where trying begins.

    What other processes, and earlier ones, found out is read from the `store` at most once in RENEWED, and waited for
    a moment only. While the store is away this process knows what it found out itself.
    """

    def __init__(
        self,
        best: TableForm,
        clock: Callable[[], datetime],
        log: FilteringBoundLogger | None = None,
        store: RefusedForms | None = None,
    ) -> None:
        self._best = best
        self._clock = clock
        self._log = log
        self._store = store
        self._lock = threading.Lock()  # guards the two below; never held while the store is asked
        self._refused: dict[str, tuple[TableForm, datetime]] = {}
        self._renewed: datetime | None = None
        self._asking = InTime(BoundedExecutor(1, 10, "table forms"))

    def of(self, team: str | None) -> TableForm:
        """What to draw tables as in a workspace."""
        self._renew()
        with self._lock:
            form, at = self._refused.get(team or "", (self._best, None))
        return min(form, self._best) if at and self._counts_still(at) else self._best

    def refused(self, team: str | None, form: TableForm, code: str) -> None:
        """Slack did not take a form there: the next plainer one is used for a day."""
        plainer, at = TableForm(max(form - 1, TableForm.LINES)), self._clock()
        self._take({team or "": (plainer, at)})
        if self._log:
            self._log.warning("table refused", team=team, form=form.name.lower(), code=code, next=plainer.name.lower())
        if store := self._store:
            self._ask(lambda: store.save(team or "", plainer, at), lambda _: None)

    def counts(self) -> Mapping[str, int]:
        """How many workspaces have which plainer form now, by its name."""
        self._renew()
        with self._lock:
            return Counter(form.name.lower() for form, at in self._refused.values() if self._counts_still(at))

    def _counts_still(self, at: datetime) -> bool:
        """What lies ahead was written by a wrong clock."""
        return abs(self._clock() - at) < REMEMBERED

    def _renew(self) -> None:
        store, now = self._store, self._clock()
        with self._lock:
            if store is None or (self._renewed and abs(now - self._renewed) < RENEWED):
                return
            self._renewed = now
        self._ask(lambda: store.since(now - REMEMBERED), self._take)

    def _take(self, found: Mapping[str, tuple[int, datetime]]) -> None:
        """Of two that know of one workspace the later one counts. A form of another version is none."""
        known = {*TableForm}
        with self._lock:
            for team, (form, at) in ((team, each) for team, each in found.items() if each[0] in known):
                if len(self._refused) >= TEAMS_MAX and team not in self._refused:
                    self._refused.clear()
                if team not in self._refused or self._refused[team][1] <= at:
                    self._refused[team] = TableForm(form), at

    def _ask(self, work: Callable[[], T], taken: Callable[[T], None]) -> None:
        """Have the store do something; what it says, now or later, is taken."""

        def failed(error: BaseException) -> None:
            if self._log:
                self._log.warning("the forms of tables are not shared", reason=str(error))

        try:
            found = self._asking.get(work, taken, failed)
        except UnavailableError as error:
            failed(error)
            return
        if not isinstance(found, Untold):
            taken(found)
