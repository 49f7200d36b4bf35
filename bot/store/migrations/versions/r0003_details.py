"""What rules found and why alerts ended, as values instead of sentences: alerts, and updates that wait to be sent.

A sentence is read, and made again of what was read; one that does not come out as it was is kept as text.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOMENT = r"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d UTC"
_NO_ANSWER = re.compile(rf"since (?P<since>{_MOMENT})(?:: (?P<error>.+))?", re.DOTALL)
_NO_SWEEP = re.compile(
    rf"(?:since (?P<since>{_MOMENT})|yet), one every (?:(?P<count>\d+) )?(?P<unit>hour|minute)s? expected"
    r"(?:\. Last error: (?P<error>.+))?",
    re.DOTALL,
)
_GONE = re.compile(r"(?P<what>no host runs it any more|its hosts are gone) \((?P<fates>.+)\)", re.DOTALL)
_FATE = re.compile(
    r"(?P<hosts>.+?)(?: and (?P<more>\d+) more)?"
    r" (?:(?P<fate>removed from the configuration|left|known by now)|now on (?P<version>.+))",
    re.DOTALL,
)
_MOVED = re.compile(r"its date moved to (?P<day>\d{1,2} [A-Z][a-z]{2} \d{4})")
_REMOVED = re.compile(r"(?P<source>.+) was removed from the configuration", re.DOTALL)
_LACKS = {
    "not on the Host Compatibility List": "unlisted",
    "no official support": "unofficial",
    "partial support": "partial",
}
_FATES = {"removed from the configuration": "removed", "left": "left", "known by now": "known"}
_PLAIN = {
    "a sweep has finished": "sweep_finished",
    "no route and no watch leads to this channel any more": "no_route",
    "its end of life has come, which is told by itself": "eol_has_come",
    "the day that was told is not given for it any more": "day_withdrawn",
    "the list has it in full support now": "full_support",
    "nobody in this channel watches it any more": "not_watched",
    "all its hosts run one version": "one_version",
    "it answers again": "answers_again",
}
"""Sentences of the version before, with the kinds that stand for them."""

Values = dict[str, Any]


def upgrade() -> None:
    for name in ("detail", "why_resolved"):
        op.execute(f"ALTER TABLE alerts RENAME COLUMN {name} TO old_{name}")
        op.add_column("alerts", sa.Column(name, sa.JSON(none_as_null=True)))
    names: list[sa.ColumnClause[Any]] = [sa.column(name) for name in ("id", "rule", "old_detail", "old_why_resolved")]
    values = [sa.column(name, sa.JSON(none_as_null=True)) for name in ("detail", "why_resolved")]
    alerts = sa.table("alerts", *names, *values)
    connection = op.get_bind()
    rows = connection.execute(sa.select(*alerts.c[:4])).all() if connection else []
    for number, rule, detail, why in rows:
        new = {"detail": detail_of(rule, detail), "why_resolved": resolution_of(why)}
        if any(new.values()):
            connection.execute(alerts.update().where(alerts.c.id == number).values(new))
    for name in ("detail", "why_resolved"):
        op.execute(f"ALTER TABLE alerts DROP COLUMN old_{name}")
    outbox = sa.table("outbox", *map(sa.column, ("id", "kind", "done_at")), sa.column("payload", sa.JSON()))
    waiting = sa.select(outbox.c.id, outbox.c.payload).where(outbox.c.kind == "news", outbox.c.done_at.is_(None))
    for number, payload in connection.execute(waiting).all():
        connection.execute(outbox.update().where(outbox.c.id == number).values(payload=update_of(payload)))


def update_of(payload: Values) -> Values:
    """A thread update that waits, with values in place of sentences."""
    alert = payload.get("alert")
    if not isinstance(alert, dict):
        return payload
    detail, why = alert.get("detail"), alert.get("why_resolved")
    new = {**alert}
    if isinstance(detail, str):
        new["detail"] = detail_of(alert.get("rule", ""), detail) or {"kind": "none"}
    if isinstance(why, str):
        new["why_resolved"] = resolution_of(why)
    return {**payload, "version": 2, "alert": new}


def detail_of(rule: str, text: str | None) -> Values | None:
    """What a rule found, of its words."""
    if not text:
        return None
    values = _DETAILS[rule](text) if rule in _DETAILS else None
    return values if values and _words(values) == text else {"kind": "text", "text": text}


def resolution_of(text: str | None) -> Values | None:
    """Why an alert ended, of its words."""
    if not text:
        return None
    values = _resolution(text)
    return values if values and _words(values) == text else {"kind": "text", "text": text}


def _support(text: str) -> Values | None:
    return {"kind": "support", "lack": _LACKS[text]} if text in _LACKS else None


def _no_answer(text: str) -> Values | None:
    if not text.startswith("since "):
        return {"kind": "no_answer", "since": None, "error": text}
    found = _NO_ANSWER.fullmatch(text)
    return {"kind": "no_answer", "since": _minute(found["since"]), "error": found["error"] or ""} if found else None


def _no_sweep(text: str) -> Values | None:
    found = _NO_SWEEP.fullmatch(text)
    if found is None:
        return None
    every = int(found["count"] or 1) * (60 if found["unit"] == "hour" else 1)
    since = _minute(found["since"]) if found["since"] else None
    return {"kind": "no_sweep", "since": since, "every": every, "error": found["error"]}


_DETAILS: Mapping[str, Callable[[str], Values | None]] = {
    "support": _support,
    "mixed_pool": lambda text: {"kind": "versions", "versions": text.split(" and ")},
    "unreachable": _no_answer,
    "sweep_late": _no_sweep,
}


def _resolution(text: str) -> Values | None:
    if text in _PLAIN:
        return {"kind": _PLAIN[text]}
    if found := _MOVED.fullmatch(text):
        day = _minute(f"{found['day']} 00:00 UTC")
        return {"kind": "date_moved", "day": day[:10]} if day else None
    if found := _GONE.fullmatch(text):
        fates = [_fate(piece) for piece in found["fates"].split("; ")]
        kind = "pool_gone" if found["what"].startswith("its") else "hosts_gone"
        return {"kind": kind, "fates": fates} if all(fates) else None
    found = _REMOVED.fullmatch(text)
    return {"kind": "source_removed", "source": found["source"]} if found else None


def _fate(text: str) -> Values | None:
    found = _FATE.fullmatch(text)
    if found is None:
        return None
    fate, hosts = _FATES.get(found["fate"] or "", "runs"), found["hosts"].split(", ")
    return {"fate": fate, "version": found["version"], "hosts": hosts, "more": int(found["more"] or 0)}


def _minute(words: str) -> str | None:
    """`23 Nov 2026 08:00 UTC` as `2026-11-23T08:00Z`."""
    day, month, year, clock, _ = words.split()
    if month not in _MONTHS:
        return None
    try:
        at = datetime.fromisoformat(f"{year}-{_MONTHS.index(month) + 1:02}-{int(day):02}T{clock}+00:00")
    except ValueError:
        return None
    return f"{at:%Y-%m-%dT%H:%MZ}"


# The words of values, as the version before had them.


def _words(values: Values) -> str:
    match values["kind"]:
        case "support":
            return next(words for words, lack in _LACKS.items() if lack == values["lack"])
        case "versions":
            return " and ".join(values["versions"])
        case "no_answer":
            since = _moment(values["since"])
            return ": ".join(filter(None, (f"since {since}" if since else "", values["error"])))
        case "no_sweep":
            since, error = _moment(values["since"]), values["error"]
            said = f"{f'since {since}' if since else 'yet'}, one every {_period(values['every'])} expected"
            return f"{said}. Last error: {error}" if error else said
        case "date_moved":
            return f"its date moved to {_moment(values['day'] + 'T00:00Z')[: -len(' 00:00 UTC')]}"
        case "hosts_gone":
            return f"no host runs it any more ({_fates(values)})"
        case "pool_gone":
            return f"its hosts are gone ({_fates(values)})"
        case "source_removed":
            return f"{values['source']} was removed from the configuration"
        case kind:
            return next(words for words, known in _PLAIN.items() if known == kind)


def _moment(at: str | None) -> str:
    if not at:
        return ""
    moment = datetime.fromisoformat(at)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year:04} {moment:%H:%M} UTC"


def _period(minutes: int) -> str:
    hours, odd = divmod(minutes, 60)
    if hours and not odd:
        return "hour" if hours == 1 else f"{hours} hours"
    return "minute" if minutes <= 1 else f"{minutes} minutes"


def _fates(values: Values) -> str:
    said = []
    for each in values["fates"]:
        more = f" and {each['more']} more" if each["more"] else ""
        fate = next((words for words, known in _FATES.items() if known == each["fate"]), f"now on {each['version']}")
        said.append(f"{', '.join(each['hosts'])}{more} {fate}")
    return "; ".join(said)
