"""What is known, as documents for other programs: the same over HTTP (/data/), in a folder and one by one."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.chat.command import Invocation, Ports
from bot.chat.commands import LIST
from bot.chat.export import releases_csv, releases_data
from bot.published.endoflife import endoflife
from bot.published.lifecycle_events import cle
from bot.published.openeox import SLUGS, openeox_files

TYPES = {".json": "application/json", ".csv": "text/csv; charset=utf-8"}
"""The media types of the documents, by how their names end."""


def open_data(ports: Ports, day: date) -> dict[str, str]:
    """Every document by its path, as of a day. They tell of releases alone: nothing of hosts is in them."""
    matrix = ports.matrix
    listed = LIST.run(ports, Invocation(LIST, "", day)).data or {}
    values: Mapping[str, Any] = {
        "endoflife.json": endoflife(matrix, day),
        "list.json": dict(listed),
        "releases.json": releases_data(matrix, day),
        **{f"openeox/{name}": record for name, record in openeox_files(matrix, day).items()},
        **{f"cle/{slug}.json": cle(product) for product, slug in SLUGS.items()},
    }
    return {
        **{path: f"{json.dumps(value, indent=2)}\n" for path, value in values.items()},
        "releases.csv": releases_csv(matrix, day),
    }
