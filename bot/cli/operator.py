"""The operator's own words, for the shell alone."""

import os
import sys
from collections.abc import Callable
from datetime import date
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple, Self

import click

from bot.chat.command import OperatorCommand
from bot.cli.options import SHARED
from bot.cli.output import fail, folder, json_text, print_json, print_reply, settings_of
from bot.errors import UsageError
from bot.settings import settings_for_lookup
from bot.terminal.layout import cleaned
from bot.terminal.output import write

OPERATORS: list[click.Command] = []
"""All of them."""


def operator_commands() -> tuple[OperatorCommand, ...]:
    """All of them, as help tells of them."""
    return tuple(map(_for_help, OPERATORS))


def _for_help(command: click.Command) -> OperatorCommand:
    context = click.Context(command, info_name=command.name)
    own = [param for param in command.params if param not in SHARED]
    arguments = [param.make_metavar(context).strip("{}") for param in own if isinstance(param, click.Argument)]
    options = [param.get_help_record(context) for param in own if isinstance(param, click.Option)]
    about = (command.help or "").rstrip(".")
    return OperatorCommand(
        command.name or "", " ".join(arguments), f"{about[:1].lower()}{about[1:]}", tuple(filter(None, options))
    )


HOSTS, RELEASES = "hosts", "releases"
OF_RELEASES = ("endoflife", "data", "list")
"""The formats of `export` that hosts can't have."""


def _operator(name: str, about: str, *params: click.Parameter) -> Callable[[Callable[..., int]], None]:
    """A command for the shell alone."""

    def add(run: Callable[..., int]) -> None:
        wanted = signature(run).parameters

        def run_with_wanted(**given: Any) -> int:
            """Every command takes the shared options; not every one has a use for them."""
            return run(**{key: given[key] for key in wanted})

        OPERATORS.append(click.Command(name, params=[*params, *SHARED], callback=run_with_wanted, help=about))

    return add


@_operator(
    "demo",
    "Try it in a console that behaves like the chat, with simulated hosts: nothing to configure.",
    click.Option(
        ["--fleet", "hosts"], type=click.IntRange(min=1), metavar="N", help="Simulate N hosts in place of a few."
    ),
)
def _demo(as_of: date | None, hosts: int | None) -> int:
    from bot.app.demo import demo

    return demo(as_of, hosts, sys.stdin, sys.stdout, os.environ)


@_operator(
    "serve",
    "Answer in Slack (Socket Mode if SLACK_APP_TOKEN is set, else HTTP), sweep on schedule, send alerts.",
    click.Option(
        ["--part"],
        type=click.Choice(["all", "chat", "schedule"]),
        default="all",
        show_default=True,
        help="Only a part of it, where several processes share a database.",
    ),
)
def _serve(config: Path | None, part: str) -> int:
    from bot.app.serve import ProcessPart, serve

    return serve(settings_of(config), ProcessPart(part))


@_operator("site", "Ask the targets of this configuration for a centre elsewhere, over NATS (`site` in it says which).")
def _site(config: Path | None) -> int:
    from bot.app.site import site

    return site(settings_of(config))


@_operator(
    "sync",
    "Read the published list (`list.url`) and newer data (`data.url`, if it is set), keep them, use them if nothing is "
    "wrong with them, and show what they change.",
    click.Option(
        ["--force"],
        is_flag=True,
        help="Use them though many rows are gone or differ, or much looks better than before.",
    ),
)
def _sync(as_of: date | None, config: Path | None, as_json: bool, force: bool) -> int:
    from bot.app.published import sync
    from bot.chat.commands.changes import changes_reply

    found = sync(settings_of(config), as_of, force)
    reply = changes_reply(found.page, rows=True, renewal=found.data)
    print_reply(reply, as_json)
    return fail([reply.summary], 1) if reply.exit_status else 0


@_operator(
    "doctor",
    "Check the tokens, scopes, channel and clock, and each host of the inventory.",
    click.Option(
        ["--live"],
        is_flag=True,
        help="Ask Slack, too, whether it takes the blocks of replies, and others for their dates.",
    ),
    click.Option(["--send"], metavar="NAME", help="Send a test to a notifier of `notify`."),
)
def _doctor(config: Path | None, as_json: bool, live: bool, send: str | None) -> int:
    from bot.app.doctor import doctor
    from bot.terminal.progress import ProgressLine

    with ProgressLine(None if as_json else sys.stderr, os.environ) as progress:
        checks = doctor(settings_of(config), progress.show, live, send)
    if as_json:
        print_json({"checks": [check.data() for check in checks]})
    else:
        write(sys.stdout, "".join(f"{cleaned(str(check))}\n" for check in checks))
    return 0 if all(check.ok for check in checks) else 1


@_operator(
    "trust",
    "Show the certificate of a host of the inventory, and pin it on confirmation.",
    click.Argument(["host"]),
    click.Argument(["address"], required=False),
    click.Option(["--yes"], is_flag=True, help="Pin whatever is shown, without a question."),
    click.Option(["--pin"], metavar="FINGERPRINT", help="Pin without a question, but this certificate alone."),
)
def _trust(host: str, address: str | None, yes: bool, pin: str | None, as_json: bool, config: Path | None) -> int:
    from bot.app.trust import consent_of, trust

    trust(config, folder(), host, address, consent_of(yes, pin), as_json)
    return 0


@_operator(
    "export",
    "Write all watched hosts as CSV or JSON, or those for which all words hold (as in fleet). Or write the releases, "
    "which takes no database: as CSV or JSON (--what releases), their dates as endoflife.date has them "
    "(--format endoflife), all data in use as a bundle for `data.url` (--format data), or the list in use as data/ has "
    "it (--format list).",
    click.Argument(["words"], nargs=-1, metavar="[WORDS]"),
    click.Option(
        ["--what"],
        type=click.Choice(["hosts", "releases"]),
        help="Hosts unless given; the formats endoflife, data and list are of releases.",
    ),
    click.Option(
        ["--format", "form"],
        type=click.Choice(["csv", "json", *OF_RELEASES]),
        help="csv unless given.",
    ),
    click.Option(["--output"], type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Not to stdout."),
    click.Option(["--force"], is_flag=True, help="Write over a file that is there."),
)
def _export(
    words: tuple[str, ...],
    what: str | None,
    form: str | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    as_of: date | None,
    config: Path | None,
) -> int:
    from bot.chat.export import PRIVATE, PUBLIC, save

    wanted = ExportRequest.of(what, form, as_json, words)
    text = _exported(wanted, as_of, config)
    if output:
        save(text, output, force, PRIVATE if wanted.what == HOSTS else PUBLIC)
    else:
        write(sys.stdout, text)
    return 0


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
        if form == "list" and as_json:
            raise UsageError("--format list is YAML, as in data/: leave --json out.")
        meant = RELEASES if form in OF_RELEASES else what or HOSTS
        if meant == RELEASES and words:
            raise UsageError(f"Words choose hosts, and releases are written whole: leave {words[0]!a} out.")
        return cls(meant, "json" if as_json and form not in OF_RELEASES else form or "csv", " ".join(words))


def _exported(wanted: ExportRequest, as_of: date | None, config: Path | None) -> str:
    """The text to write. Only hosts need the database that the configuration names."""
    from bot.app.lookup import today
    from bot.chat.export import export

    day = as_of or today()
    if wanted.what == RELEASES:
        return _releases(wanted.form, day, config)
    from bot.app.operator import runner_with_fleet

    with runner_with_fleet(settings_of(config), only_looks=True) as runner:
        return export(runner.ports, wanted.words, day, wanted.form)


def _releases(form: str, day: date, config: Path | None) -> str:
    from bot.app.lookup import runner_of
    from bot.chat.export import releases_csv, releases_data
    from bot.published.endoflife import endoflife

    # As for a look-up: none is needed, but a mistake in one is an error all the same.
    settings = settings_for_lookup(config, os.environ, folder())
    if form == "data":
        from bot.app.published import bundle_in_use

        return bundle_in_use(settings)
    in_use = runner_of(settings).ports.matrix
    if form == "list":
        from bot.matrix.compiled import shipped
        from bot.matrix.load import load_matrix
        from bot.published.data_file import list_file

        return list_file((shipped() / "list.yaml").read_text(encoding="utf-8"), load_matrix(), in_use)
    if form == "csv":
        return releases_csv(in_use, day)
    data = endoflife(in_use, day) if form == "endoflife" else releases_data(in_use, day)
    return json_text(data)


@_operator(
    "manifest",
    "Print the manifest to create the Slack app from.",
    click.Option(["--http", "url"], metavar="URL", help="For HTTP instead of Socket Mode: the public address."),
)
def _manifest(url: str | None) -> int:
    from bot.app.operator import manifest

    print_json(manifest(url))
    return 0


@_operator(
    "completion",
    "Print the completion script of a shell: bash, zsh or fish.",
    click.Argument(["shell"], type=click.Choice(["bash", "zsh", "fish"])),
)
def _completion(shell: str) -> int:
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    if script is None:
        raise UsageError(f"There is no completion for {shell}.")
    write(
        sys.stdout,
        script(click.get_current_context().find_root().command, {}, "xocompat", "_XOCOMPAT_COMPLETE").source(),
    )
    return 0


@_operator(
    "db",
    "Look after the database: upgrade (make or change its tables now), backup FILE, check.",
    click.Argument(["deed"], type=click.Choice(["upgrade", "backup", "check"])),
    click.Argument(["file"], required=False, type=click.Path(path_type=Path)),
)
def _db(deed: str, file: Path | None, config: Path | None, as_json: bool) -> int:
    from bot.store.maintenance import run_database_command

    if (file is None) == (deed == "backup"):
        raise UsageError(
            "Name the file to write: xocompat db backup FILE" if file is None else f"db {deed} takes no file."
        )
    done = run_database_command(deed, settings_of(config).database.get_secret_value(), file or Path())
    if as_json:
        print_json(done.data)
    else:
        write(sys.stdout, "".join(f"{line}\n" for line in done.lines))
    return 0 if done.ok else 1


@_operator(
    "sites config",
    "Print the configuration of a NATS server for sites, with permissions by site, and make their keys.",
    click.Option(["--site", "sites"], multiple=True, metavar="NAME", help="A site; repeatable."),
    click.Option(
        ["--output"],
        type=click.Path(path_type=Path),
        default=Path("nats"),
        show_default=True,
        metavar="DIR",
        help="A new folder for keys and what else centre, sites and server need.",
    ),
    click.Option(
        ["--url"],
        default="tls://localhost:4222",
        show_default=True,
        metavar="tls://HOST[:PORT]",
        help="Where centre and sites reach the server.",
    ),
    click.Option(["--add"], is_flag=True, help="Add to a folder that is there; what is in it stays."),
    click.Option(
        ["--certificate"],
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The server's own certificate (PEM), in place of one that is made.",
    ),
    click.Option(["--key"], type=click.Path(path_type=Path), metavar="FILE", help="Its private key (PEM)."),
)
def _sites_config(
    sites: tuple[str, ...], output: Path, url: str, add: bool, certificate: Path | None, key: Path | None
) -> int:
    from bot.sites.server_config import make_nats_config

    made = make_nats_config(sites, folder() / output, url, add, certificate, key)
    write(sys.stdout, made.text)
    if sys.stderr is not None:
        write(sys.stderr, f"xocompat: the keys are in {made.folder}: keep them secret; copy each site's to its site.\n")
    return 0
