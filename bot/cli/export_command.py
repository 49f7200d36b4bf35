"""`export`: hosts, releases and open data for other programs, on stdout, in a file or in a folder."""

import os
import sys
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, Self

import click

from bot.catalogue import message
from bot.cli.operator import operator_command
from bot.cli.options import FilePath
from bot.cli.output import fail, folder, form_of, json_text, settings_of
from bot.errors import UsageError
from bot.settings import settings_for_lookup
from bot.terminal.output import write

if TYPE_CHECKING:
    from pathlib import Path

    from bot.chat.command import Ports

HOSTS, FLEET, RELEASES, SITE = "hosts", "fleet", "releases", "site"
OF_RELEASES = ("endoflife", "openeox", "cle", "data", "list")
"""The formats that are of releases alone."""

IN_FILES = ("openeox", "cle")
"""The formats of which `--output` is a folder, with a file for each thing."""


@operator_command(
    "export",
    message(
        "Write all watched hosts as CSV, Markdown or JSON, or those for which all words hold (as in fleet); or a "
        "report on them for an auditor (--what fleet). Or write the releases, which takes no database: as a table "
        "(--what releases), as endoflife.date, OpenEoX or ECMA-428 have them (--format endoflife, openeox, cle), all "
        "data in use as a bundle for `data.url` (--format data), or the list in use as data/ has it (--format list). "
        "--what site DIR writes a folder that any web server can show: the data, a page of the list, the timeline."
    ),
    click.Argument(["words"], nargs=-1, metavar="[WORDS | DIR]"),
    click.Option(
        ["--what"],
        type=click.Choice([HOSTS, FLEET, RELEASES, SITE]),
        help="Hosts unless given; the formats of releases need it not.",
    ),
    click.Option(
        ["--format", "form"],
        type=click.Choice(["csv", "md", "json", *OF_RELEASES]),
        help="csv unless given, or what the ending of --output says.",
    ),
    click.Option(
        ["--output", "-o"],
        type=FilePath(),
        metavar="FILE",
        help="Not to stdout; for openeox and cle a folder, with a file for each release or product.",
    ),
    click.Option(["--force"], is_flag=True, help="Write over what is there."),
)
def _export(
    words: tuple[str, ...],
    what: str | None,
    form: str | None,
    output: "Path | None",
    force: bool,
    as_json: bool,
    as_of: date | None,
    config: "Path | None",
) -> int:
    from bot.app.lookup import today
    from bot.chat.export import PRIVATE, PUBLIC, save, save_folder

    wanted, day = ExportRequest.of(what, form, as_json, words, output), as_of or today()
    files = _files(wanted, day, config)
    if files is not None and wanted.output:
        save_folder(files, wanted.output, force)
        return 0
    text = _exported(wanted, day, config)
    if wanted.output:
        save(text, wanted.output, force, PRIVATE if wanted.what in (HOSTS, FLEET) else PUBLIC)
    else:
        write(sys.stdout, text)
    return 0


class ExportRequest(NamedTuple):
    """What is to be written, how, and where. `words` choose hosts."""

    what: str
    form: str
    words: str
    output: "Path | None"

    @classmethod
    def of(
        cls, what: str | None, form: str | None, as_json: bool, words: tuple[str, ...], output: "Path | None"
    ) -> Self:
        """From options as given. UsageError for those that contradict each other."""
        if form in OF_RELEASES and what not in (None, RELEASES):
            raise UsageError(f"--format {form} is of releases: leave --what {what} out, or take csv, md or json.")
        if form == "list" and as_json:
            raise UsageError("--format list is YAML, as in data/: leave --json out.")
        meant = RELEASES if form in OF_RELEASES else what or HOSTS
        if meant == SITE:
            return cls(SITE, "", "", _site_folder(form, as_json, words, output))
        if meant != HOSTS and words:
            said = "the report on the fleet is" if meant == FLEET else "releases are"
            raise UsageError(f"Words choose hosts, and {said} written whole: leave {words[0]!a} out.")
        wanted = "json" if as_json and form not in OF_RELEASES else form or form_of(output) or "csv"
        return cls(meant, wanted, " ".join(words), output)


def _site_folder(form: str | None, as_json: bool, words: tuple[str, ...], output: "Path | None") -> "Path":
    if form or as_json:
        raise UsageError("--what site writes every form: leave --format and --json out.")
    from pathlib import Path

    given = [*words, *([str(output)] if output else [])]
    if len(given) != 1:
        raise UsageError("Name one folder to write: xocompat export --what site DIR")
    return Path(given[0])


def _files(wanted: ExportRequest, day: date, config: "Path | None") -> dict[str, str] | None:
    """The files by their names, of what is written as a folder; None for the rest."""
    if wanted.what == SITE:
        from bot.app.open_data_folder import open_data_folder

        return open_data_folder(_in_use(config), day)
    if wanted.form not in IN_FILES or not wanted.output:
        return None
    from bot.chat.open_data import open_data

    below = f"{wanted.form}/"
    every = open_data(_in_use(config), day)
    return {path.removeprefix(below): text for path, text in every.items() if path.startswith(below)}


def _exported(wanted: ExportRequest, day: date, config: "Path | None") -> str:
    """The text to write. Only hosts need the database that the configuration names."""
    if wanted.what == RELEASES:
        return _releases(wanted.form, day, config)
    from bot.app.operator import IfMissing, runner_with_fleet
    from bot.chat.export import export
    from bot.chat.fleet_report import fleet_report

    with runner_with_fleet(settings_of(config), IfMissing.REFUSE) as runner:
        if wanted.what == HOSTS:
            return export(runner.ports, wanted.words, day, wanted.form)
        report = fleet_report(runner.ports, day)
    if wanted.form == "json":
        return json_text(report.data())
    return report.csv() if wanted.form == "csv" else report.markdown()


def _in_use(config: "Path | None") -> "Ports":
    """What is known, with the list and the data in use. As for a look-up: no configuration is needed, but a mistake in
    one is an error all the same."""
    from bot.app.lookup import runner_of

    return runner_of(settings_for_lookup(config, os.environ, folder())).ports


def _releases(form: str, day: date, config: "Path | None") -> str:
    from bot.chat.export import releases_csv, releases_data, releases_markdown

    if form == "data":
        from bot.app.published import bundle_in_use

        return bundle_in_use(settings_for_lookup(config, os.environ, folder()))
    in_use = _in_use(config).matrix
    match form:
        case "list":
            from bot.matrix.compiled import shipped
            from bot.matrix.load import load_matrix
            from bot.published.data_file import list_file

            return list_file((shipped() / "list.yaml").read_text(encoding="utf-8"), load_matrix(), in_use)
        case "endoflife":
            from bot.published.endoflife import endoflife

            return json_text(endoflife(in_use, day))
        case "openeox":
            from bot.published.openeox import cores

            return json_text(cores(in_use))
        case "cle":
            from bot.published.lifecycle_events import cle, not_in_log
            from bot.published.openeox import SLUGS

            if later := [*not_in_log(in_use)]:
                more = f" and {len(later) - 1} more" if later[1:] else ""
                said = f"The data in use has other dates of {later[0]}{more} than the events of this version"
                fail([f"{said}: a newer version may have them."], 0)
            return json_text({slug: cle(product) for product, slug in SLUGS.items()})
        case "csv":
            return releases_csv(in_use, day)
        case "md":
            return releases_markdown(in_use, day)
    return json_text(releases_data(in_use, day))
