"""Which form of table a workspace takes: tried from the richest, and remembered where one was refused."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping

from structlog.typing import FilteringBoundLogger

from bot.slack.table_blocks import TableForm

REMEMBERED = 86_400.0
"""Seconds after which a form that was refused is tried again: Slack brings new blocks to workspaces one by one."""

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


class TableForms:
    """The best form for each workspace. `clock` is in seconds; `best` is where trying begins."""

    def __init__(self, best: TableForm, clock: Callable[[], float], log: FilteringBoundLogger | None = None) -> None:
        self._best = best
        self._clock = clock
        self._log = log
        self._lock = threading.Lock()
        self._refused: dict[str | None, tuple[TableForm, float]] = {}

    def of(self, team: str | None) -> TableForm:
        """What to draw tables as in a workspace."""
        with self._lock:
            form, until = self._refused.get(team, (self._best, 0.0))
        return min(form, self._best) if self._clock() < until else self._best

    def refused(self, team: str | None, form: TableForm, code: str) -> None:
        """Slack did not take a form there: the next plainer one is used for a day."""
        plainer = TableForm(max(form - 1, TableForm.LINES))
        with self._lock:
            if len(self._refused) >= TEAMS_MAX:
                self._refused.clear()
            self._refused[team] = (plainer, self._clock() + REMEMBERED)
        if self._log:
            self._log.warning("table refused", team=team, form=form.name.lower(), code=code, next=plainer.name.lower())

    def counts(self) -> Mapping[str, int]:
        """How many workspaces have which plainer form now, by its name."""
        now = self._clock()
        with self._lock:
            return Counter(form.name.lower() for form, until in self._refused.values() if now < until)
