"""Reference pages made of the command list and the settings' model: `python -m tests.reference` writes them anew.

docs/reference/commands.md, docs/reference/configuration.md, share/man/man1/xocompat.1 and what a shell completes,
bot/completion.json; tests/test_reference.py holds that they are current.
"""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from bot.chat.command import CommandSpec
from bot.chat.commands import GROUPS
from bot.chat.filter import STATES
from bot.cli.chat_commands import chat_command
from bot.cli.group import cli
from bot.cli.operator import OPERATORS, first_sentence, operator_groups
from bot.cli.options import CONDITIONS, EXIT_STATUSES, FAIL_ON, SHARED
from bot.settings.model import Keys, Settings, SlackSettings
from bot.settings.section import Section
from bot.settings.source import PLATFORM, PREFIX
from bot.terminal.layout import words_to_type

ROOT = Path(__file__).parents[1]

_MADE = (
    "<!-- Made by `python -m tests.reference` of the command list and the settings' model. Change those instead. -->\n"
)


def pages() -> dict[Path, str]:
    """Every page by its path in this repository."""
    return {
        Path("docs/reference/commands.md"): commands_page(),
        Path("docs/reference/configuration.md"): configuration_page(),
        Path("share/man/man1/xocompat.1"): man_page(),
        Path("bot/completion.json"): completion_words(),
    }


# Commands


def _options(command: click.Command) -> list[tuple[str, str]]:
    """The options of a command with what each is for, without those that every command has."""
    context = click.Context(command, info_name=command.name)
    own = [param for param in command.params if isinstance(param, click.Option) and param not in SHARED]
    return [record for param in own if (record := param.get_help_record(context))]


def _operators() -> Iterator[tuple[str, list[click.Command]]]:
    by_name = {command.name: command for command in OPERATORS}
    for title, names in operator_groups().items():
        yield title, [by_name[name] for name in names]


def _takes(command: click.Command) -> str:
    context = click.Context(command, info_name=command.name)
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    return " ".join(param.make_metavar(context).strip("{}") for param in arguments)


def _shared_options() -> list[tuple[str, str]]:
    context = click.Context(cli)
    return [record for param in SHARED if (record := param.get_help_record(context))]


def _common_options() -> list[tuple[str, str]]:
    """Those that every command of chat has in a shell beside the shared ones."""
    found = [dict(_options(chat_command(spec))) for specs in GROUPS.values() for spec in specs]
    return [(name, about) for name, about in found[0].items() if all(name in each for each in found)]


def commands_page() -> str:
    """Every command, in the groups of help."""
    common = _common_options()
    lines = ["# Commands", "", _MADE]
    lines += ["The first groups are the same in chat (`/xocompat WORDS`) and in a shell (`xocompat WORDS`).", ""]
    for title, specs in GROUPS.items():
        lines += [f"## {title}", ""]
        for spec in specs:
            lines += [*_chat_command(spec, common)]
    for title, commands in _operators():
        lines += [f"## {title}", ""]
        for command in commands:
            lines += [f"### `{f'{command.name} {_takes(command)}'.strip()}`", "", _escaped(command.help or ""), ""]
            lines += _option_table(_options(command))
    lines += ["## Options", "", "Of every command:", ""]
    lines += _option_table(_shared_options())
    lines += ["Of every command of chat, in a shell:", ""]
    lines += _option_table(common)
    lines += ["## Exit status", "", "| status | meaning |", "|---|---|"]
    lines += [f"| {status} | {means} |" for status, means in EXIT_STATUSES.items()]
    return "\n".join([*lines, ""])


def _chat_command(spec: CommandSpec, common: list[tuple[str, str]]) -> Iterator[str]:
    about = f"{spec.about[0].upper()}{spec.about[1:]}."
    yield from (f"### `{f'{spec.name} {spec.takes}'.strip()}`", "")
    yield from (_escaped(" ".join(filter(None, (about, spec.details)))), "")
    yield from (f"Needs the right `{spec.right}`.", "")
    yield from ("| for example | |", "|---|---|")
    yield from (f"| `{typed.replace('|', chr(92) + '|')}` | {_escaped(what)} |" for typed, what in spec.examples)
    yield ""
    yield from _option_table([each for each in _options(chat_command(spec)) if each not in common])


def _option_table(options: list[tuple[str, str]]) -> list[str]:
    if not options:
        return []
    rows = [f"| `{name.replace('|', chr(92) + '|')}` | {_escaped(about)} |" for name, about in options]
    return ["| option | |", "|---|---|", *rows, ""]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


# Completion


def completion_words() -> str:
    """Commands and options as a shell completes them: for each option what it is for, and what it takes if it takes
    something (words, or what its value is called)."""
    root = click.Context(cli)
    chat = {spec.name: (spec.about, chat_command(spec)) for specs in GROUPS.values() for spec in specs}
    common = [param for param in chat["check"][1].params if all(param in each.params for _, each in chat.values())]
    told = {
        "root": _completed(cli.get_params(root)),
        "shared": _completed(SHARED),
        "common": _completed(param for param in common if param not in SHARED),
        "chat": {
            name: {"about": about, "options": _completed(param for param in command.params if param not in common)}
            for name, (about, command) in chat.items()
        },
        "operators": {
            str(command.name): {
                "about": first_sentence(command),
                "options": _completed(param for param in command.params if param not in SHARED),
                "arguments": [_taken(param) for param in command.params if isinstance(param, click.Argument)],
            }
            for command in OPERATORS
        },
        "states": [*STATES],
    }
    return f"{json.dumps(told, indent=1, ensure_ascii=False)}\n"


def _completed(params: Iterable[click.Parameter]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for param in params:
        if isinstance(param, click.Option):
            takes = {} if param.is_flag else {"takes": _taken(param)}
            found |= {name: {"about": param.help or "", **takes} for name in param.opts}
    return found


def _taken(param: click.Parameter) -> str | list[str]:
    """The words that a parameter can be, or what it is called: FILE and DIR are names of files."""
    if param is FAIL_ON:
        return [*CONDITIONS]
    if isinstance(param.type, click.Choice):
        return [*map(str, param.type.choices)]
    return "FILE" if isinstance(param.type, click.Path) else str(param.metavar or param.name).upper()


# Settings


_MORE = {
    "list": "../how-to/data.md",
    "data": "../how-to/data.md",
    "targets": "../how-to/hosts.md",
    "xen_orchestra": "../how-to/hosts.md",
    "alerts": "../how-to/alerts.md",
    "web": "../how-to/operate.md",
    "mcp": "../assistants.md",
    "access": "../how-to/access.md",
    "mattermost": "../mattermost.md",
    "security": "../patches.md",
    "policy": "../how-to/alerts.md",
    "sites": "../sites.md",
    "site": "../sites.md",
    "notify": "../notify.md",
}
"""Where there is more on a section."""


def configuration_page() -> str:
    """Every key of the file, section by section: what it is for, its default, what it takes."""
    lines = ["# Configuration", "", _MADE]
    lines += [
        "None is needed for look-ups. Settings stand in one YAML file (`--config FILE`, else `$XOCOMPAT_CONFIG`, else",
        "`./xocompat.yaml` if it is there), and in the environment, which wins: any key as `XOCOMPAT_<KEY>`, with `__`",
        "before a key of a section (`XOCOMPAT_SWEEP__EVERY=1h`); a section or a list is one, in JSON. An unknown key",
        "is a mistake, and all mistakes are told at once, each with its key and what is allowed. Secrets never stand",
        "in the file: a key that ends in `_env` names the variable that holds one.",
        "",
        "## From the environment alone",
        "",
        "| variable | what it is for | default |",
        "|---|---|---|",
        *_platform_rows(),
        "",
    ]
    top = [name for name, field in Keys.model_fields.items() if _section_of(field.annotation) is None]
    lines += ["## Without a section", "", *_key_table(Keys, top)]
    for name, field in Keys.model_fields.items():
        if section := _section_of(field.annotation):
            lines += _section_lines(section, name, _is_list(field.annotation))
    return "\n".join(lines)


def _platform_rows() -> Iterator[str]:
    for variable, key in PLATFORM.items():
        owner = SlackSettings if key[0] == "slack" else Settings
        about = _purpose(owner, key[-1])
        also = f"`{key[-1]}`: " if owner is Settings and key[-1] in Keys.model_fields else ""
        yield f"| `{variable}` | {also}{_escaped(about)} | {_shown(owner.model_fields[key[-1]].default)} |"


def _section_lines(section: type[BaseModel], path: str, is_list: bool) -> Iterator[str]:
    yield from (f"## `{path}`{': a list of' if is_list else ''}", "")
    more = f" More: [{Path(_MORE[path]).stem}]({_MORE[path]})." if path in _MORE else ""
    yield from (_escaped(" ".join((section.__doc__ or "").split())) + more, "")
    for alternatives, rule in (("exactly_one", "Exactly one"), ("at_most_one", "At most one")):
        if names := getattr(section, alternatives, ()):
            yield from (f"{rule} of {', '.join(f'`{name}`' for name in names)}.", "")
    yield from _key_table(section, list(section.model_fields))
    for name, field in section.model_fields.items():
        inner = _section_of(field.annotation)
        if inner and inner is not section and not (inner.__name__ == "TlsSettings" and path != "targets"):
            yield from _section_lines(inner, f"{path}.{name}", _is_list(field.annotation))


def _section_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, Section) else None
    return next((found for each in get_args(annotation) if (found := _section_of(each))), None)


def _key_table(section: type[BaseModel], names: list[str]) -> list[str]:
    rows = ["| key | what it is for | default | what it takes |", "|---|---|---|---|"]
    for name in names:
        field = section.model_fields[name]
        default = "(must be given)" if field.is_required() else _shown(field.default)
        about, allowed = _purpose(section, name), _allowed(section, name, field.annotation)
        rows.append(f"| `{field.alias or name}` | {_escaped(about)} | {default} | {_escaped(allowed)} |")
    return [*rows, ""]


def _purpose(section: type[BaseModel], key: str) -> str:
    """What a key is for: the text below it in the model."""
    for owner in section.__mro__:
        if owner.__module__.startswith("bot.") and key in vars(owner).get("__annotations__", {}):
            (defined,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
            assert isinstance(defined, ast.ClassDef)
            for each, following in pairwise(defined.body):
                if isinstance(each, ast.AnnAssign) and ast.unparse(each.target) == key:
                    match following:
                        case ast.Expr(ast.Constant(str(text))):
                            return " ".join(text.split())
    raise AssertionError(f"{section.__name__}.{key} does not say what it is for")


def _shown(value: Any) -> str:
    """A default as it would be written."""
    match value:
        case None | () | "":
            return ""
        case SecretStr():
            return f"`{value.get_secret_value()}`"
        case bool():
            return f"`{str(value).lower()}`"
        case timedelta():
            return f"`{_duration(value)}`"
        case tuple():
            return f"`[{', '.join(_duration(each) if isinstance(each, timedelta) else str(each) for each in value)}]`"
        case Section():
            return ""
    return f"`{value}`"


def _duration(span: timedelta) -> str:
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if span.total_seconds() % seconds == 0 and (span or unit == "d"):
            return f"{int(span.total_seconds() // seconds)}{unit}"
    return f"{int(span.total_seconds())}s"


def _is_list(annotation: Any) -> bool:
    """Whether it is a tuple, or may be one: `Leads | None`."""
    if get_origin(annotation) is tuple:
        return True
    inner = get_args(annotation)[:1] if get_origin(annotation) is Annotated else get_args(annotation)
    return get_origin(annotation) in (Annotated, Union, UnionType) and any(map(_is_list, inner))


class _Nothing:
    """A value that no key takes: what is allowed is what a key says about it."""


def _allowed(section: type[BaseModel], name: str, annotation: Any) -> str:
    if _section_of(annotation):
        return "a list, see below" if _is_list(annotation) else "keys of its own, see below"
    if literal := _literal(annotation):
        return f"{'a list of ' if _is_list(annotation) else ''}{', '.join(f'`{value}`' for value in literal)}"
    if annotation is bool:
        return "`true` or `false`"
    alone: TypeAdapter[Any] = TypeAdapter(Annotated[(annotation, *section.model_fields[name].metadata, None)])
    for value, prefix in ((_Nothing(), ""), ([_Nothing()], "a list, each ")):
        try:
            alone.validate_python(value)
        except ValidationError as error:
            told = next((str(each["ctx"]["error"]) for each in error.errors() if "error" in each.get("ctx", {})), "")
            if told:
                return prefix + re.sub(r"^must (be|have) ", "", told)
    raise AssertionError(f"{section.__name__}.{name} does not say what is allowed")


def _literal(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for each in get_args(annotation) if (found := _literal(each))), ())


# The manual page


def man_page() -> str:
    """`man xocompat`, in the macros of man(7)."""
    lines = ['.TH XOCOMPAT 1 "" xocompat "User Commands"', ".SH NAME"]
    lines += ["xocompat \\- is this host fine with Xen Orchestra, and for how long?", ".SH SYNOPSIS"]
    for synopsis in ("[OPTIONS] RELEASE[, RELEASE ...] [on DATE]", "COMMAND [OPTIONS] [WORDS]", "check \\- < FILE"):
        lines += [".B xocompat", synopsis.replace("[OPTIONS]", "[\\fIOPTIONS\\fR]"), ".br"]
    lines += [".SH DESCRIPTION", *_text((cli.help or "").split(" Try:")[0])]
    lines += [
        *_text(
            "It says what Xen Orchestra's Host Compatibility List promises for a release of XCP-ng, XenServer or "
            "Citrix Hypervisor, what the vendor's dates say on a day, and what to do next; it asks hosts what they "
            "run, watches a fleet, and tells channels before support ends. The words are the same in chat."
        )
    ]
    common = _common_options()
    for title, specs in GROUPS.items():
        lines += [f".SH {_roff(title).upper()}"]
        for spec in specs:
            lines += [
                ".TP",
                f".B {_roff(f'{spec.name} {spec.takes}'.strip())}",
                *_text(f"{spec.about}. {spec.details}"),
            ]
            for name, about in (each for each in _options(chat_command(spec)) if each not in common):
                lines += [".br", f"\\fB{_roff(name)}\\fR: {_roff(about)}"]
    for title, commands in _operators():
        lines += [f".SH {_roff(title).upper()}"]
        for command in commands:
            lines += [".TP", f".B {_roff(f'{command.name} {_takes(command)}'.strip())}", *_text(command.help or "")]
            for name, about in _options(command):
                lines += [".br", f"\\fB{_roff(name)}\\fR: {_roff(about)}"]
    lines += [".SH OPTIONS"]
    for name, about in (*_shared_options(), *common):
        lines += [".TP", f".B {_roff(name)}", *_text(about)]
    lines += [".SH EXIT STATUS"]
    for status, means in EXIT_STATUSES.items():
        lines += [".TP", f".B {status}", *_text(means)]
    lines += [".SH EXAMPLES"]
    for spec in GROUPS["Releases and hosts"]:
        for typed, what in spec.examples:
            lines += [".TP", f".B {_roff(words_to_type(typed, 'xocompat'))}", *_text(what)]
    lines += [
        ".SH FILES",
        ".TP",
        ".B ./xocompat.yaml",
        *_text("The configuration, unless --config or XOCOMPAT_CONFIG names another; look-ups need none."),
        ".SH ENVIRONMENT",
        *_text(f"{', '.join(PLATFORM)}, and any key of the configuration as {PREFIX}KEY, {PREFIX}SECTION__KEY."),
    ]
    return "\n".join([*lines, ""])


def _text(text: str) -> list[str]:
    return [_roff(" ".join(text.replace("`", "").split()))]


def _roff(text: str) -> str:
    """Text that no line of roff takes for anything else."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").encode("ascii", "xmlcharrefreplace").decode()
    named = re.sub(r"&#(\d+);", lambda found: f"\\[u{int(found[1]):04X}]", escaped)
    return f"\\&{named}" if named.startswith((".", "'")) else named


def main() -> None:
    for path, text in pages().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
