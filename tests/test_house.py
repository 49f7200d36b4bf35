"""The house is as its pages say: names stand for one thing, and what CONTRIBUTING and the docs name is there."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = [path for path in sorted((ROOT / "bot").rglob("*.py")) if "versions" not in path.parts]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]

SHARED = {
    "access": "who may see or do something",
    "advisories": "security advisories: all of them, their command",
    "advisory": "one security advisory: its values, its command",
    "alerts": "alerts: their command, their rows",
    "audit": "the audit trail: its port, its command, its rows",
    "client": "a client of a server's API",
    "digest": "the weekly digest: its values, its command",
    "doctor": "whether a room's part of the settings works",
    "errors": "what goes wrong in a room, and what to do about it",
    "feature": "features of Xen Orchestra: values, command",
    "fleet": "the fleet: its wiring, its command, its rows",
    "hosts": "hosts: as stored, in words, of the demo",
    "http": "HTTP as one side speaks it",
    "load": "from files to checked values",
    "lookup": "answers about releases",
    "operator": "the operator's own commands",
    "orchestra": "a Xen Orchestra: asked, simulated",
    "orchestras": "what Xen Orchestras say of themselves and of updates: asking them, the rows",
    "outbox": "messages that wait: the port, the rows",
    "output": "writing to a stream",
    "page": "the published page",
    "platform": "where people talk with the bot: the port, and each that implements it",
    "ports": "what a room needs of a database",
    "probe": "asking one pool: the client, the command",
    "records": "records of XAPI objects",
    "renewals": "bundles of data that were accepted: the port, the rows",
    "revisions": "revisions of the published page: the port, the rows",
    "rpc": "calls in one of XAPI's transports",
    "schedule": "what is due when",
    "server": "listens on a port",
    "site": "a site's worker: what it does, its wiring",
    "sites": "sites: as known, in words, their rows, their wiring",
    "sweep": "asking all sources: the use case, the command",
    "table_forms": "which form of table a workspace takes: the ladder, the rows",
    "tls": "TLS as one side speaks it",
    "upgrade": "upgrade paths: values, command",
    "validate": "the shape of files of data/, and what must hold of them",
    "watches": "what channels watch: command, rows",
}
"""Names of modules that stand in several rooms, because they are the same subject there."""


def test_a_public_class_stands_once() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_a_module_name_means_one_thing() -> None:
    names = [path.stem for path in MODULES if not path.stem.startswith("__")]
    twice = {name for name in names if names.count(name) > 1}
    assert twice <= SHARED.keys(), "a name with two meanings, or a line that is missing above"
    assert SHARED.keys() <= twice, "a line above that nothing needs any more"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`((?:bot|data|tests|docs)/[\w./-]*|\.ci/\w+|Procfile|pyproject\.toml)`", page.read_text())
    linked = [link for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()) if "://" not in link]
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert [link for link in linked if not (page.parent / link).exists()] == []


def test_every_room_has_its_place_in_the_architecture() -> None:
    rooms = {path.parent.name for path in (ROOT / "bot").glob("*/__init__.py")}
    drawn = re.findall(r"^\| (.*?) \|", (ROOT / "docs/architecture.md").read_text(), re.MULTILINE)
    assert {room for cell in drawn for room in re.findall(r"`bot/(\w+)/`", cell)} == rooms


def test_no_pattern_repeats_a_group_possessively() -> None:
    """Python before 3.11.5 (Debian 12 has 3.11.2) goes on behind a repetition that failed half-way (python/cpython
    issue 106052); an atomic group around the repetition, `(?>(?:...)*)`, does the same everywhere."""
    character_class = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.search(r"\)(?:[*+?]|\{\d*,?\d*\})\+", character_class.sub("C", node.value))
    ]
    assert not found, "possessive groups"
