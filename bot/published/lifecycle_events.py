"""The releases' dates as events of ECMA-428 (Common Lifecycle Enumeration 1.0.0), one document for each product.

Ids of events are for ever, so they are kept in data/events.yaml, which is only added to. It comes with each version and
is no part of renewed data: numbers that two versions gave differently would break the standard's promise.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from bot.matrix.compiled import shipped
from bot.matrix.matrix import Matrix
from bot.matrix.release import Product
from bot.published.openeox import SLUGS, purl

Data = dict[str, Any]

SCHEMA = "https://ecma-tc54.github.io/ECMA-428/cle.v1.0.0.schema.json"
FILE = "events.yaml"

MAINTENANCE = "maintenance"
"""The support that ends where a vendor goes on with security fixes alone."""


class EventType(StrEnum):
    """The standard's types that we have a use for."""

    RELEASED = "released"
    END_OF_SUPPORT = "endOfSupport"
    END_OF_LIFE = "endOfLife"
    WITHDRAWN = "withdrawn"


class LifecycleEvent(NamedTuple):
    """One event: it holds from a day on (`effective`), and was first told on another (`published`).

    `release` is a release's number; a withdrawal has none, but the id of the event that it takes back, and why.
    """

    id: int
    type: EventType
    effective: date
    published: date
    release: str | None = None
    event_id: int | None = None
    reason: str | None = None


@cache
def lifecycle_events(folder: Path | None = None) -> dict[Product, tuple[LifecycleEvent, ...]]:
    """The log in a folder of data files (the shipped one unless given), by product, the oldest id first."""
    import yaml  # only this export reads YAML once it runs

    content = yaml.safe_load(((folder or shipped()) / FILE).read_text(encoding="utf-8"))
    return {
        Product(component["product"]): tuple(
            LifecycleEvent(**{**event, "type": EventType(event["type"])}) for event in component["events"]
        )
        for component in content["components"]
    }


def cle(product: Product) -> Data:
    """The document of a product, the newest event first. The same version gives the same document on every day."""
    events = lifecycle_events()[product]
    return {
        "$schema": SCHEMA,
        "identifier": purl(product),
        "updatedAt": _moment(max(event.published for event in events)),
        "definitions": {
            "support": [
                {
                    "id": MAINTENANCE,
                    "description": "Fixes and features by the vendor; security fixes go on until the end of life. "
                    "Told by xocompat, a third party, from the vendor's own dates.",
                }
            ]
        },
        "events": [_event(event) for event in reversed(events)],
    }


def _event(event: LifecycleEvent) -> Data:
    versions = [{"version": event.release}]
    of_type: dict[EventType, Data] = {
        EventType.RELEASED: {"version": event.release},
        EventType.END_OF_SUPPORT: {"versions": versions, "supportId": MAINTENANCE},
        EventType.END_OF_LIFE: {"versions": versions},
        EventType.WITHDRAWN: {"eventId": event.event_id, "reason": event.reason},
    }
    moments = {"effective": _moment(event.effective), "published": _moment(event.published)}
    return {"id": event.id, "type": event.type.value, **moments, **of_type[event.type]}


def _moment(day: date) -> str:
    return f"{day}T00:00:00Z"


def not_in_log(matrix: Matrix) -> Iterator[str]:
    """The names of releases of which the log says something else than what is known: of data that came later than this
    version, or that was edited and has no event yet."""
    log = lifecycle_events()
    for product in SLUGS:
        events = log[product]
        withdrawn = {event.event_id for event in events if event.type is EventType.WITHDRAWN}
        told: dict[tuple[str | None, EventType], date] = {
            (event.release, event.type): event.effective
            for event in events
            if event.id not in withdrawn and event.type is not EventType.WITHDRAWN
        }
        for release in matrix.of(product):
            life = release.lifecycle
            known: dict[EventType, date | None] = {
                EventType.RELEASED: life.released.earliest if life.released and life.released.day else None,
                EventType.END_OF_SUPPORT: life.maintenance_ends if life.maintenance_ends != life.eol else None,
                EventType.END_OF_LIFE: life.eol,
            }
            if any(told.get((release.number, kind)) != day for kind, day in known.items()):
                yield release.base_name
