"""What a shell completes: commands, options, words of the data, and the operator's own names.

Each press of Tab starts a process, and what follows within a tenth of a second feels like the shell itself. So nothing
is imported here that a Tab can do without: no click, no list of commands (completion.json is made of it by
`python -m tests.reference`), no settings, no store. Nothing is made or changed, nobody is asked, and nothing goes wrong
aloud: what can't be read in time is not offered. Hosts, pools, targets of sites and alerts are those of SQLite: the
library for PostgreSQL alone takes longer to import than anybody waits.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

VARIABLE, LINE, BREAKS = "_XOCOMPAT_COMPLETE", "_XOCOMPAT_LINE", "_XOCOMPAT_BREAKS"
"""Variables of a shell's question: which shell, the line up to the cursor, and (bash) what ends a word for it."""

WITHIN = 0.1
"""Seconds for the database."""

MOST = 2_000
"""Names that are offered at most: nobody reads more, and a shell has to take them."""

FILE_MAX = 4 * 1024 * 1024

SCRIPTS = {
    "bash": """\
_xocompat_completion() {
    local kind word
    COMPREPLY=()
    while IFS=$'\\t' read -r kind word; do
        if [[ $kind == file ]]; then compopt -o default; else COMPREPLY+=("$word"); fi
    done < <(_XOCOMPAT_COMPLETE=bash _XOCOMPAT_LINE="${COMP_LINE:0:COMP_POINT}" _XOCOMPAT_BREAKS="$COMP_WORDBREAKS" \\
        "${1/#\\~/$HOME}" 2>/dev/null)
}
complete -o nosort -F _xocompat_completion xocompat 2>/dev/null || complete -F _xocompat_completion xocompat
""",
    "zsh": """\
#compdef xocompat
_xocompat() {
    local kind word about typed="${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX"
    local -a alone described
    while IFS=$'\\t' read -r kind word about; do
        if [[ $kind == file ]]; then _files; return; fi
        if [[ -n $about ]]; then described+=("${${word//\\\\/\\\\\\\\}//:/\\\\:}:$about"); else alone+=("$word"); fi
    done < <(_XOCOMPAT_COMPLETE=zsh _XOCOMPAT_LINE="$typed" ${~${(Q)words[1]}} 2>/dev/null)
    (( $#described )) && _describe -V words described -U
    (( $#alone )) && compadd -U -V names -a alone
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _xocompat "$@"; else compdef _xocompat xocompat; fi
""",
    "fish": """\
function __xocompat_complete
    set -l typed (commandline -opc)
    set -l line (commandline -cp | string collect)
    for each in (env _XOCOMPAT_COMPLETE=fish _XOCOMPAT_LINE="$line" $typed[1] 2>/dev/null)
        set -l parts (string split -m 1 \\t -- $each)
        if test $parts[1] = file
            __fish_complete_path (commandline -ct)
        else
            echo $parts[2]
        end
    end
end
complete --no-files --command xocompat --arguments '(__xocompat_complete)'
""",
}
"""What a shell reads once: functions that ask us, and show what is said."""


class TypedWord:
    """A word of a line: what it means, the quotation mark that is open at its end, and how much of it bash keeps: it
    replaces what stands behind that."""

    def __init__(self) -> None:
        self.text, self.quote, self.kept = "", "", 0


def words_of(line: str, breaks: str = "") -> list[TypedWord]:
    """The words of a line as shells read them, the last one as far as it was typed. `breaks` end what bash keeps."""
    words: list[TypedWord] = []
    word: TypedWord | None = None
    escaped = False
    for char in line:
        if char.isspace() and not escaped and not (word and word.quote):
            word = None
            continue
        if word is None:
            word = TypedWord()
            words.append(word)
        if escaped:
            word.text += f"\\{char}" if word.quote and char not in '"\\$`' else char
            escaped = False
        elif char == "\\" and word.quote != "'":
            escaped = True
        elif word.quote:
            word.quote, word.text = ("", word.text) if char == word.quote else (word.quote, word.text + char)
        elif char in "\"'":
            word.quote, word.kept = char, len(word.text)
        else:
            word.text += char
            word.kept = len(word.text) if char in breaks else word.kept
    return words if word else [*words, TypedWord()]


def in_bash(word: str, typed: TypedWord) -> str:
    """A word behind what bash keeps, quoted as what was typed is: bash puts it into the line as it is."""
    rest = word[typed.kept :]
    if typed.quote == "'":
        return rest.replace("'", "'\\''")
    if typed.quote:
        return "".join(f"\\{char}" if char in '"\\$`' else char for char in rest)
    return "".join(
        char if char.isalnum() or char in "_-./:=@%+," or not char.isascii() else f"\\{char}" for char in rest
    )


Offer = tuple[str, str]
"""A word, with what it is for."""

FILES: Offer = ("", "")
"""Stands for the names of files."""


def answer(environ: Mapping[str, str], folder: str) -> list[str]:
    """The lines for the shell that asks: a kind (`word`, `file`), the word, and what it is for, which bash does not
    show."""
    shell = environ[VARIABLE]
    words = words_of(environ.get(LINE, ""), environ.get(BREAKS, "") if shell == "bash" else "")
    *before, last = words[1:] or [TypedWord()]
    lines = []
    for offer in offered([each.text for each in before], last.text, environ, folder):
        word, about = offer
        if offer is FILES:
            lines.append("file")
        elif word.casefold().startswith(last.text.casefold()):
            lines.append(f"word\t{in_bash(word, last)}" if shell == "bash" else f"word\t{word}\t{about}".rstrip("\t"))
    return lines


def offered(before: Sequence[str], typed: str, environ: Mapping[str, str], folder: str) -> list[Offer]:
    """What can stand behind some words, whether or not it begins with what was typed."""
    with open(os.path.join(os.path.dirname(__file__), "completion.json"), encoding="utf-8") as file:
        told = json.load(file)
    chat, operators = told["chat"], told["operators"]
    command, given = _command_of(before, told)
    if command in operators:
        options, arguments = told["shared"] | operators[command]["options"], operators[command]["arguments"]
    else:
        options, arguments = told["shared"] | told["common"] | (chat[command]["options"] if command else {}), []
    if before and (taken := options.get(before[-1], {}).get("takes")):
        return _values(taken)
    if typed.startswith("-") and "--" not in before:
        options |= {} if command else told["root"]
        return [(name, option["about"]) for name, option in options.items()]
    known = _KnownWords(before, typed, environ, folder, told)
    if not command:
        commands = [(name, each["about"]) for name, each in {**chat, **operators}.items() if " " not in name]
        return [*commands, *([(word, "") for word in known.of("check")] if typed else [])]
    if len(given) < len(arguments) and (values := _values(arguments[len(given)])):
        return values
    return [(word, "") for word in known.of(command)] if command in chat or not given else []


def _command_of(before: Sequence[str], told: dict[str, Any]) -> tuple[str, list[str]]:
    """The command of a line and the words that it was given; no command where none was typed yet."""
    sections = [told["shared"], told["common"]]
    sections += [each["options"] for each in (*told["chat"].values(), *told["operators"].values())]
    with_value = {name for section in sections for name, option in section.items() if option.get("takes")}
    words = []
    for at, word in enumerate(before):
        if not word.startswith("-") and not (at and before[at - 1] in with_value):
            words.append(word)
    for count in (2, 1):
        name = " ".join(words[:count]).casefold()
        if name in told["operators"] or name in told["chat"]:
            return name, words[count:]
    return ("check" if words else ""), words


def _values(taken: str | list[str]) -> list[Offer]:
    """What an option or an argument can be: some words, a file, or what nobody knows."""
    if isinstance(taken, list):
        return [(word, "") for word in taken]
    return [FILES] if taken in ("FILE", "DIR") else []


_FLEET = ("states", "tags", "pools", "targets", "hosts")

_WORDS = {
    "access": ("probe", "fleet", "operate"),
    "ack": ("alerts",),
    "advisories": ("releases", "xo", "ids"),
    "advisory": ("advisories",),
    "alerts": ("all", "alerts"),
    "check": ("releases", "ids"),
    "compare": ("releases",),
    "digest": ("on", "off"),
    "feature": ("features",),
    "fleet": _FLEET,
    "help": ("commands",),
    "issues": ("issues", "releases"),
    "list": ("xcp-ng", "xenserver"),
    "patches": _FLEET,
    "probe": ("targets",),
    "sites": ("config",),
    "snooze": ("alerts",),
    "timeline": ("xcp-ng", "xenserver"),
    "trust": ("targets",),
    "unwatch": ("releases", "pool", "all", "pools"),
    "upgrade": ("releases",),
    "watch": ("releases", "pool", "all", "lead", "pools"),
    "xo": ("orchestras",),
}
"""What words a command takes: kinds that are looked up, and words of its own."""

_DATA: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "releases": lambda raw: [
        *(each["product"] for each in raw["releases"]["releases"]),
        *(each["release"] for each in raw["releases"]["releases"]),
    ],
    "issues": lambda raw: [each["id"] for each in raw["issues"]["issues"]],
    "features": lambda raw: [each["id"] for each in raw["features"]["features"]],
    "advisories": lambda raw: [name for each in raw["advisories"]["advisories"] for name in each["ids"]],
}

_STORED = {
    "targets": "SELECT name FROM sources WHERE kind <> 'xen_orchestra' AND name LIKE ? ESCAPE '!' ORDER BY name",
    "hosts": "SELECT DISTINCT name FROM sightings WHERE NOT is_lost AND name LIKE ? ESCAPE '!' ORDER BY name",
    "pools": "SELECT DISTINCT pool_name FROM sightings WHERE NOT is_lost AND pool_name LIKE ? ESCAPE '!' "
    "ORDER BY pool_name",
    "alerts": "SELECT id FROM alerts WHERE state <> 'resolved' AND id LIKE ? ESCAPE '!' ORDER BY id DESC",
}
_RENEWED = "SELECT content FROM renewals ORDER BY id DESC LIMIT 1"

_ID_PREFIXES = ("xsa-", "cve-", "vsa-", "ghsa-", "ctx")


class _KnownWords:
    """Words of the data in use, of the configuration and of the database, as far as a command takes them."""

    def __init__(
        self, before: Sequence[str], typed: str, environ: Mapping[str, str], folder: str, told: dict[str, Any]
    ) -> None:
        self._typed, self._environ, self._folder, self._told = typed, environ, folder, told
        self._file = _file_named(before, environ)

    def of(self, command: str) -> list[str]:
        """The words that a command takes, each once: nothing that would steer a terminal."""
        kinds = ["advisories" if kind == "ids" else kind for kind in _WORDS.get(command, ()) if self._is_meant(kind)]
        if not {*_DATA, *_STORED, "tags", "orchestras"}.isdisjoint(kinds):
            tree = _tree(os.path.join(self._folder, self._file))
        else:
            tree = {}
        stored = self._stored(kinds, tree)
        words = [word for kind in kinds for word in self._words(kind, tree, stored)]
        return [word for word in dict.fromkeys(words) if word and word.isprintable() and word == word.strip()]

    def _is_meant(self, kind: str) -> bool:
        """Ids of advisories only where they can be: loading them takes a while, and `X` begins XCP-ng as well."""
        typed = self._typed.casefold()
        can_be = len(typed) > 1 and any(typed.startswith(each) or each.startswith(typed) for each in _ID_PREFIXES)
        return kind != "ids" or can_be

    def _words(self, kind: str, tree: dict[str, Any], stored: dict[str, list[str]]) -> list[str]:
        entries = _entries(tree, "targets"), _entries(tree, "xen_orchestra")
        match kind:
            case "states":
                return [*self._told["states"]]
            case "commands":
                return [*self._told["chat"], *self._told["operators"]]
            case "targets":
                return [*(str(each["name"]) for each in entries[0]), *stored.get("targets", ())]
            case "orchestras":
                return [str(each["name"]) for each in entries[1]]
            case "tags":
                tagged = [each["tags"] for both in entries for each in both if isinstance(each.get("tags"), list)]
                return [str(tag) for tags in tagged for tag in tags]
            case "hosts" | "pools" | "alerts":
                return stored.get(kind, [])
            case "releases" | "issues" | "features" | "advisories":
                return [*_shipped(kind), *stored.get(kind, ())]
        return [kind]

    def _stored(self, kinds: Sequence[str], tree: dict[str, Any]) -> dict[str, list[str]]:
        """What the database has of some kinds; nothing where it does not answer in time."""
        is_renewed = tree.get("data") or self._environ.get("XOCOMPAT_DATA__URL")
        kinds = [kind for kind in kinds if kind in _STORED or (kind in _DATA and is_renewed)]
        set_by = (self._environ.get(name, "").strip() for name in ("XOCOMPAT_DATABASE", "DATABASE_URL"))
        url = next(filter(None, set_by), "") or str(tree.get("database") or "sqlite:///xocompat.db")
        if not kinds or not url.startswith("sqlite:///"):
            return {}
        named = url.removeprefix("sqlite:///").partition("?")[0]
        if "%" in named:
            from urllib.parse import unquote

            named = unquote(named)
        path = os.path.join(self._folder, named)
        found: dict[str, list[str]] = {}
        asking = threading.Thread(target=lambda: found.update(_read(path, kinds, self._typed)), daemon=True)
        asking.start()
        asking.join(WITHIN)
        return {} if asking.is_alive() else found


def _file_named(before: Sequence[str], environ: Mapping[str, str]) -> str:
    """The configuration that the line means, as the program finds it."""
    for at, word in enumerate(before):
        if word.startswith("--config="):
            return word.partition("=")[2]
        if word == "--config" and at + 1 < len(before):
            return before[at + 1]
    return environ.get("XOCOMPAT_CONFIG", "").strip() or "xocompat.yaml"


def _tree(path: str) -> dict[str, Any]:
    """The keys of the configuration as they stand there: its mistakes are told elsewhere."""
    try:
        with open(path, "rb") as file:
            text = file.read(FILE_MAX)
    except OSError:
        return {}
    import yaml

    try:
        tree = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (ValueError, RecursionError, yaml.YAMLError):
        return {}
    return tree if isinstance(tree, dict) else {}


def _entries(tree: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The entries of a list that have a name."""
    every = tree.get(key)
    return [each for each in every if isinstance(each, dict) and each.get("name")] if isinstance(every, list) else []


def _shipped(kind: str) -> list[str]:
    """Words of the data that came with this version, as they were compiled."""
    package = os.path.dirname(__file__)
    inside = os.path.join(package, "data")
    folder = inside if os.path.isdir(inside) else os.path.join(os.path.dirname(package), "data")
    compiled = "advisories.json" if kind == "advisories" else "compiled.json"
    try:
        with open(os.path.join(folder, compiled), encoding="utf-8") as file:
            return _DATA[kind](json.load(file)["data"])
    except (OSError, ValueError, LookupError, TypeError):
        return []  # in a checkout the first command compiles them


def _read(path: str, kinds: Sequence[str], typed: str) -> dict[str, list[str]]:
    """What a database has of some kinds, read without leaving a trace: not even the files that SQLite makes beside one
    that is in use, which would be those of whoever pressed Tab."""
    import sqlite3

    begun = typed if typed.isascii() else ""
    like = "".join(f"!{char}" if char in "!%_" else char for char in begun) + "%"
    how = "readonly_shm=1" if os.path.exists(f"{path}-wal") else "immutable=1"
    address = os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    found = {}
    try:
        connection = sqlite3.connect(f"file:{address}?mode=ro&{how}", uri=True, timeout=WITHIN)
        try:
            for kind in kinds:
                if kind in _STORED:
                    rows = connection.execute(f"{_STORED[kind]} LIMIT {MOST}", (like,))
                    found[kind] = [str(row[0]) for row in rows]
                elif row := connection.execute(_RENEWED).fetchone():
                    found[kind] = _DATA[kind](json.loads(row[0]))
        finally:
            connection.close()
    except (sqlite3.Error, ValueError, LookupError, TypeError):
        return {}
    return found


def complete() -> int:
    """Answer the shell that started this process for it."""
    try:
        lines = answer(os.environ, os.getcwd())
    except OSError:  # the folder is gone
        lines = []
    sys.stdout.buffer.write("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    sys.stdout.flush()
    return 0
