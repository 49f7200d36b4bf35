"""Options that commands share."""

import os
from datetime import date
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from bot.cli.conditions import FailCondition


class FilePath(click.Path):
    """A pathlib.Path, whose module a command without one does not load: that takes a tenth of a look-up's start."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Path":
        from pathlib import Path

        return Path(os.fsdecode(super().convert(value, param, ctx)))


VALUED = ("--as-of", "--config", "--fail-on", "--channel", "--format", "--png", "--output", "-o")
"""Shared options that take a value: they may stand before the first word, too."""

CONDITIONS = (
    "eol",
    "eol-within:90d",
    "eol-within:6m",
    "eol-within:1y",
    "partial",
    "unlisted",
    "not-approved",
    "vulnerable",
)

EXIT_STATUSES = {
    0: "answered; a release that the list does not have is an answer, too",
    1: "could not do it: host, database, network, Slack",
    2: "wrong usage, or a configuration with mistakes",
    3: "ambiguous, unknown, not read (what looks like a version or a range), or a platform that cannot work with Xen "
    "Orchestra",
    4: "a `--fail-on` condition holds",
}
"""What each exit status means (CONTRACT.md section 1)."""


def _day(_: click.Context, param: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!a} is not a day: write it as 2028-12-01.", param=param) from None


def _conditions(_: click.Context, param: click.Parameter, values: tuple[str, ...]) -> "tuple[FailCondition, ...]":
    if not values:
        return ()
    from bot.cli.conditions import parse_condition

    try:
        return tuple(map(parse_condition, values))
    except ValueError as error:
        raise click.BadParameter(str(error), param=param) from None


SHARED = (
    click.Option(["--json", "as_json"], is_flag=True, help="Print the answer as JSON."),
    click.Option(["--as-of"], callback=_day, metavar="DATE", help="Answer as of a day (YYYY-MM-DD)."),
    click.Option(["--config"], type=FilePath(), metavar="FILE", help="The configuration to use."),
)
FAIL_ON = click.Option(
    ["--fail-on"],
    multiple=True,
    callback=_conditions,
    metavar="CONDITION",
    help="Exit with 4 on: eol, eol-within:90d (or 6m, 1y), partial, unlisted, not-approved, vulnerable. Repeatable.",
)
FORMAT = click.Option(
    ["--format", "form"],
    type=click.Choice(["csv", "md", "json"]),
    help="Print the answer's table as CSV or Markdown, whole; json is --json.",
)
OUTPUT = click.Option(
    ["--output", "-o"],
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="Write the answer into a file, for its owner alone where it names hosts; its ending (.csv, .md, .json) is the "
    "format unless one is given.",
)
CHANNEL = click.Option(["--channel"], metavar="ID", help="The channel that is meant; alerts.channel unless given.")
SVG = click.Option(["--svg"], is_flag=True, help="Print the answer as a picture (SVG).")
PNG = click.Option(
    ["--png"],
    type=FilePath(dir_okay=False),
    metavar="FILE",
    help="Write the answer as a picture; needs xocompat[pictures].",
)
FORCE = click.Option(["--force"], is_flag=True, help="Write over a file that is there.")
