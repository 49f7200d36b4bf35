"""The operator's own words, for the shell alone."""

import os
import re
import sys
from collections.abc import Callable
from datetime import date
from inspect import signature
from typing import TYPE_CHECKING, Any

import click

from bot.catalogue import message, say
from bot.chat.command import OperatorCommand
from bot.cli.options import SHARED, FilePath
from bot.cli.output import fail, folder, print_data, print_reply, settings_of, shell_user
from bot.errors import UsageError
from bot.settings import settings_for_lookup
from bot.terminal.layout import cleaned
from bot.terminal.output import write

if TYPE_CHECKING:
    from pathlib import Path

OPERATORS: list[click.Command] = []
"""All of them."""


def operator_commands() -> tuple[OperatorCommand, ...]:
    """All of them, as help tells of them."""
    return tuple(map(_for_help, OPERATORS))


_GROUPS = {
    "The operator's own: what runs": ("serve", "site", "mcp", "demo"),
    "Setting up and looking after": ("doctor", "trust", "manifest", "sites config", "db", "completion"),
    "Data": ("sync", "export"),
}


def operator_groups() -> dict[str, tuple[str, ...]]:
    """The names of all of them, as `--help` shows them: one that has no group yet is in the last."""
    named = {name for names in _GROUPS.values() for name in names}
    *_, last = _GROUPS
    others = [command.name or "" for command in OPERATORS if command.name not in named]
    return {**_GROUPS, last: (*_GROUPS[last], *others)}


def first_sentence(command: click.Command) -> str:
    """What a command is for, in a line."""
    return re.split(r"[.:;] | \(|\.$", command.help or "")[0]


def _for_help(command: click.Command) -> OperatorCommand:
    context = click.Context(command, info_name=command.name)
    own = [param for param in command.params if param not in SHARED]
    arguments = [param.make_metavar(context).strip("{}") for param in own if isinstance(param, click.Argument)]
    options = [param.get_help_record(context) for param in own if isinstance(param, click.Option)]
    about = say(command.help).rstrip(".") if command.help else ""
    return OperatorCommand(
        command.name or "", " ".join(arguments), f"{about[:1].lower()}{about[1:]}", tuple(filter(None, options))
    )


def operator_command(name: str, about: str, *params: click.Parameter) -> Callable[[Callable[..., int]], None]:
    """A command for the shell alone. `about` is a message, which `help` says; `--help` has it in English."""

    def add(run: Callable[..., int]) -> None:
        wanted = signature(run).parameters

        def run_with_wanted(**given: Any) -> int:
            """Every command takes the shared options; not every one has a use for them."""
            return run(**{key: given[key] for key in wanted})

        OPERATORS.append(click.Command(name, params=[*params, *SHARED], callback=run_with_wanted, help=about))

    return add


@operator_command(
    "demo",
    message("Try it in a console that behaves like the chat, with simulated hosts: nothing to configure."),
    click.Option(
        ["--fleet", "hosts"], type=click.IntRange(min=1), metavar="N", help="Simulate N hosts in place of a few."
    ),
)
def _demo(as_of: date | None, hosts: int | None) -> int:
    from bot.app.demo import demo

    return demo(as_of, hosts, sys.stdin, sys.stdout, os.environ)


@operator_command(
    "serve",
    message(
        "Answer in chat (Slack by Socket Mode if SLACK_APP_TOKEN is set, else by HTTP; Mattermost), sweep, send alerts."
    ),
    click.Option(
        ["--part"],
        type=click.Choice(["all", "chat", "schedule"]),
        default="all",
        show_default=True,
        help="Only a part of it, where several processes share a database.",
    ),
)
def _serve(config: "Path | None", part: str) -> int:
    from bot.app.serve import ProcessPart, serve

    return serve(settings_of(config), ProcessPart(part))


@operator_command(
    "site",
    message("Ask the targets of this configuration for a centre elsewhere, over NATS (`site` in it says which)."),
)
def _site(config: "Path | None") -> int:
    from bot.app.site import site

    return site(settings_of(config))


@operator_command(
    "mcp",
    message(
        "Answer assistants (Model Context Protocol) at stdin and stdout, with the rights of this shell; or over HTTP, "
        "behind the token of `mcp.token_env`, with what `access` grants to mcp (or, with `mcp.slack`, to the person "
        "for whom Slack's assistant asks). Needs xocompat[mcp]."
    ),
    click.Option(["--http"], metavar="HOST:PORT", help="Listen there, as a process of its own."),
)
def _mcp(config: "Path | None", http: str | None) -> int:
    from bot.app.assistants import serve_assistants, serve_stdio

    settings = settings_of(config)
    if http:
        return serve_assistants(settings, http)
    is_configured = settings_for_lookup(config, os.environ, folder()) is not None
    return serve_stdio(settings, is_configured, shell_user())


@operator_command(
    "sync",
    message(
        "Read the published list (`list.url`) and newer data (`data.url`, if it is set), keep them, use them if "
        "nothing is wrong with them, and show what they change."
    ),
    click.Option(
        ["--force"],
        is_flag=True,
        help="Use them though many rows are gone or differ, or much looks better than before.",
    ),
)
def _sync(as_of: date | None, config: "Path | None", as_json: bool, force: bool) -> int:
    from bot.app.published import sync
    from bot.chat.commands.changes import changes_reply

    found = sync(settings_of(config), as_of, force)
    reply = changes_reply(found.page, rows=True, renewal=found.data)
    print_reply(reply, as_json)
    return fail([reply.summary], 1) if reply.exit_status else 0


@operator_command(
    "doctor",
    message("Check the tokens, scopes, channel and clock, and each host of the inventory."),
    click.Option(
        ["--live"],
        is_flag=True,
        help="Ask Slack, too, whether it takes the blocks of replies, and others for their dates.",
    ),
    click.Option(["--send"], metavar="NAME", help="Send a test to a notifier of `notify`."),
)
def _doctor(config: "Path | None", as_json: bool, live: bool, send: str | None) -> int:
    from bot.app.doctor import doctor
    from bot.terminal.progress import ProgressLine

    with ProgressLine(None if as_json else sys.stderr, os.environ) as progress:
        checks = doctor(settings_of(config), progress.show, live, send)
    if as_json:
        print_data({"checks": [check.data() for check in checks]})
    else:
        write(sys.stdout, "".join(f"{cleaned(str(check))}\n" for check in checks))
    return 0 if all(check.ok for check in checks) else 1


@operator_command(
    "trust",
    message("Show the certificate of a host of the inventory, and pin it on confirmation."),
    click.Argument(["host"]),
    click.Argument(["address"], required=False),
    click.Option(["--yes"], is_flag=True, help="Pin whatever is shown, without a question."),
    click.Option(["--pin"], metavar="FINGERPRINT", help="Pin without a question, but this certificate alone."),
)
def _trust(host: str, address: str | None, yes: bool, pin: str | None, as_json: bool, config: "Path | None") -> int:
    from pathlib import Path

    from bot.app.trust import consent_of, trust

    trust(config, Path(folder()), host, address, consent_of(yes, pin), as_json)
    return 0


@operator_command(
    "manifest",
    message("Print the manifest to create the Slack app from."),
    click.Option(["--http", "url"], metavar="URL", help="For HTTP instead of Socket Mode: the public address."),
)
def _manifest(url: str | None) -> int:
    from bot.app.operator import manifest

    print_data(manifest(url))
    return 0


@operator_command(
    "completion",
    message("Print the completion script of a shell: bash, zsh or fish."),
    click.Argument(["shell"], type=click.Choice(["bash", "zsh", "fish"])),
)
def _completion(shell: str) -> int:
    from bot.completion import SCRIPTS

    write(sys.stdout, SCRIPTS[shell])
    return 0


@operator_command(
    "db",
    message("Look after the database: upgrade (make or change its tables now), backup FILE, check."),
    click.Argument(["deed"], type=click.Choice(["upgrade", "backup", "check"])),
    click.Argument(["file"], required=False, type=FilePath()),
)
def _db(deed: str, file: "Path | None", config: "Path | None", as_json: bool) -> int:
    from pathlib import Path

    from bot.store.maintenance import run_database_command

    if (file is None) == (deed == "backup"):
        raise UsageError(
            "Name the file to write: xocompat db backup FILE" if file is None else f"db {deed} takes no file."
        )
    done = run_database_command(deed, settings_of(config).database.get_secret_value(), file or Path())
    if as_json:
        print_data(done.data)
    else:
        write(sys.stdout, "".join(f"{line}\n" for line in done.lines))
    return 0 if done.ok else 1


@operator_command(
    "sites config",
    message("Print the configuration of a NATS server for sites, with permissions by site, and make their keys."),
    click.Option(["--site", "sites"], multiple=True, metavar="NAME", help="A site; repeatable."),
    click.Option(
        ["--output"],
        type=FilePath(),
        default="nats",
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
        type=FilePath(),
        metavar="FILE",
        help="The server's own certificate (PEM), in place of one that is made.",
    ),
    click.Option(["--key"], type=FilePath(), metavar="FILE", help="Its private key (PEM)."),
)
def _sites_config(
    sites: tuple[str, ...], output: "Path", url: str, add: bool, certificate: "Path | None", key: "Path | None"
) -> int:
    from pathlib import Path

    from bot.sites.server_config import make_nats_config

    made = make_nats_config(sites, Path(folder()) / output, url, add, certificate, key)
    write(sys.stdout, made.text)
    if sys.stderr is not None:
        write(sys.stderr, f"xocompat: the keys are in {made.folder}: keep them secret; copy each site's to its site.\n")
    return 0
