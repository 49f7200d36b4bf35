"""What `export` writes: hosts of the fleet, or releases, which need neither a database nor a configuration."""

import json
import os
from datetime import date
from pathlib import Path
from typing import NamedTuple, Self

from bot.cli.output import folder, settings_of
from bot.errors import UsageError
from bot.settings import settings_for_lookup

HOSTS, RELEASES = "hosts", "releases"
OF_RELEASES = ("endoflife", "data")
"""The formats that hosts can't have."""


class ExportRequest(NamedTuple):
    """What is to be written, and how. `words` choose hosts."""

    what: str
    form: str
    words: str

    @classmethod
    def of(cls, what: str | None, form: str | None, as_json: bool, words: tuple[str, ...]) -> Self:
        """From options as given. UsageError for those that contradict each other."""
        if form in OF_RELEASES and what == HOSTS:
            raise UsageError(f"--format {form} is of releases: leave --what hosts out, or take csv or json.")
        if form == "data" and as_json:
            raise UsageError("--format data is YAML, as in data/: leave --json out.")
        meant = RELEASES if form in OF_RELEASES else what or HOSTS
        if meant == RELEASES and words:
            raise UsageError(f"Words choose hosts, and releases are written whole: leave {words[0]!a} out.")
        return cls(meant, "json" if as_json and form not in OF_RELEASES else form or "csv", " ".join(words))


def exported(wanted: ExportRequest, as_of: date | None, config: Path | None) -> str:
    """The text to write. Only hosts need the database that the configuration names."""
    from bot.app.lookup import today

    day = as_of or today()
    return _hosts(wanted, day, config) if wanted.what == HOSTS else _releases(wanted.form, day, config)


def _hosts(wanted: ExportRequest, day: date, config: Path | None) -> str:
    from bot.app.operator import runner_with_fleet
    from bot.chat.export import export

    with runner_with_fleet(settings_of(config)) as desk:
        return export(desk.ports, wanted.words, day, wanted.form)


def _releases(form: str, day: date, config: Path | None) -> str:
    from bot.app.lookup import runner_of
    from bot.chat.export import releases_csv, releases_data
    from bot.published.endoflife import endoflife

    # As for a look-up: none is needed, but a mistake is told.
    in_use = runner_of(settings_for_lookup(config, os.environ, folder())).ports.matrix
    if form == "data":
        from bot.matrix.load import load_matrix, shipped
        from bot.published.data_file import list_file

        return list_file((shipped() / "list.yaml").read_text(encoding="utf-8"), load_matrix(), in_use)
    if form == "csv":
        return releases_csv(in_use, day)
    data = endoflife(in_use, day) if form == "endoflife" else releases_data(in_use, day)
    return f"{json.dumps(data, indent=2)}\n"
