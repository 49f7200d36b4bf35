"""What is installed is what was locked, what is released is what was committed, and known holes are told."""

import json
import os
import re
import shutil
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from socket import create_server
from typing import ClassVar

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, GROUPS = PYPROJECT["project"], PYPROJECT["dependency-groups"]
PRODUCT = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = {name: [Requirement(text) for text in texts] for name, texts in PROJECT["optional-dependencies"].items()}
LOCKED = {
    "requirements.txt": PRODUCT,
    "requirements-test.txt": PRODUCT + EXTRAS["test"],
    "requirements-release.txt": PRODUCT + EXTRAS["release"],
    "requirements-kit.txt": PRODUCT + EXTRAS["kit"],
    "requirements-driver.txt": [Requirement(text) for text in GROUPS["driver"]],
    "requirements-homeserver.txt": [Requirement(text) for text in GROUPS["homeserver"]],
}


@dataclass(frozen=True)
class Lock:
    """One package of a file of locked versions."""

    version: Version
    hashes: int
    via: frozenset[str]


def read(name: str) -> dict[str, Lock]:
    """The packages of such a file by their names; a line of another form is an error."""
    locks = {}
    body = "\n".join(line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#"))
    for block in re.split(r"\n(?=[a-z0-9])", body):
        head, *lines = block.rstrip().splitlines()
        pinned = re.fullmatch(r"([a-z0-9-]+)==([\w.]+)(?: ; [^\\]+)? \\", head)
        assert pinned, head
        hashes = [line for line in lines if re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line)]
        comments = [line.strip() for line in lines if line.lstrip().startswith("#")]
        assert len(hashes) + len(comments) == len(lines), block
        why = {comment.removeprefix("# via").removeprefix("#").strip() for comment in comments} - {""}
        locks[pinned[1]] = Lock(Version(pinned[2]), len(hashes), frozenset(why))
    return locks


def needed(wishes: list[Requirement]) -> set[str]:
    """The names of all packages that these need on any system, as far as they are installed here and say so."""
    names: set[str] = set()
    waiting = [(wish, "") for wish in wishes]
    while waiting:
        wish, extra = waiting.pop()
        if wish.marker and "extra" in str(wish.marker) and not (extra and extra in str(wish.marker)):
            continue
        name = canonicalize_name(wish.name)
        known = {name, *(f"{name}[{each}]" for each in wish.extras)}
        if known <= names:
            continue
        names |= known
        try:
            further = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue
        waiting += [(each, extra) for each in further for extra in ("", *wish.extras)]
    return {name for name in names if "[" not in name}


@pytest.mark.parametrize("name", LOCKED)
def test_every_version_is_locked_with_hashes_and_without_an_address(name: str) -> None:
    assert "//" not in (ROOT / name).read_text(), "an address of an index"
    assert all(lock.hashes for lock in read(name).values())
    assert (ROOT / name).read_text().splitlines()[1] == "#    .ci/lock"


@pytest.mark.parametrize("name", LOCKED)
def test_what_pyproject_wants_is_locked_within_its_bounds(name: str) -> None:
    locks = read(name)
    for wish in LOCKED[name]:
        assert wish.specifier.contains(locks[canonicalize_name(wish.name)].version), str(wish)


@pytest.mark.parametrize("name", LOCKED)
def test_nothing_is_locked_that_nobody_needs(name: str) -> None:
    locks = read(name)
    direct = {canonicalize_name(wish.name) for wish in LOCKED[name]}
    for package, lock in locks.items():
        if package not in direct:
            assert lock.via & locks.keys(), f"{package}: needed by {set(lock.via)}"
    if name == "requirements.txt":  # of the others some may not be installed where tests run
        assert locks.keys() <= needed(LOCKED[name])


@pytest.mark.parametrize("name", ["requirements-test.txt", "requirements-release.txt", "requirements-kit.txt"])
def test_tests_and_releases_use_the_products_versions(name: str) -> None:
    locks = read(name)
    for package, lock in read("requirements.txt").items():
        assert locks[package].version == lock.version


def test_no_lower_bound_admits_a_version_with_a_known_hole() -> None:
    least = {"click": "8.3.3", "cryptography": "50.0.0", "requests": "2.33.0", "urllib3": "2.7.0", "waitress": "3.0.1"}
    bounds = {str(canonicalize_name(wish.name)): wish.specifier for wish in PRODUCT}
    for package, mended in least.items():
        (bound,) = bounds[package]
        assert bound.operator == ">="
        assert Version(bound.version) >= Version(mended), package


def test_no_lock_file_of_another_kind_names_a_registry() -> None:
    known = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    others = {
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "poetry.lock",
        "uv.lock",
        "Pipfile.lock",
    }
    assert [path for path in known if Path(path).name in others] == []


INDEX = re.compile(
    r"--(extra-)?index-url|index-url *=|pythonhosted\.org|pypi\.org/simple|/simple/[a-z]|registry\.npmjs|proxy\.golang"
)


def test_no_tracked_file_names_an_index() -> None:
    """Where packages come from is the business of whose machine it is."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    named = []
    for path in filter(None, listed.split("\0")):
        if path != "tests/test_supply_chain.py" and (ROOT / path).is_file():
            named += [path] if INDEX.search((ROOT / path).read_bytes().decode(errors="replace")) else []
    assert named == []


def test_the_image_is_of_one_digest_installs_by_hashes_and_runs_as_a_number() -> None:
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    (base,) = [line for line in lines if line.startswith("ARG BASE=")]
    assert re.fullmatch(r"ARG BASE=python:3\.\d+-slim@sha256:[0-9a-f]{64}", base)
    assert {line.split()[1] for line in lines if line.startswith("FROM ")} == {"${BASE}"}
    (user,) = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert int(user) > 0
    installs = [part for line in lines if line.startswith("RUN ") for part in line.split("&&") if "pip install" in part]
    assert installs
    assert all("--require-hashes -" in part or "--no-deps --no-index" in part.replace("  ", " ") for part in installs)
    assert not [line for line in lines if re.search(r"(?i)(token|secret|password)", line)]


def test_whatever_is_installed_is_held_to_its_hashes() -> None:
    """In CI, in its tools, in workflows and in the image; `.ci/lock` alone, which writes the hashes, has none yet."""
    places = [ROOT / name for name in (".ci/run", ".ci/tools", ".ci/kit", ".ci/release", ".ci/audit", "Dockerfile")]
    installs = []
    for path in [*places, *(ROOT / ".github").rglob("*.yml")]:
        lines = path.read_text().replace("\\\n", " ").splitlines()
        installs += [part for line in lines for part in line.split("&&") if re.search(r"\bpip\S* install\b", part)]
    assert len(installs) > 5
    assert [each for each in installs if not re.search(r"--require-hashes |--no-index|PIP_NO_INDEX=1", each)] == []


def test_the_version_of_python_is_one_that_the_project_takes() -> None:
    named = (ROOT / ".python-version").read_text().strip()
    assert f"Programming Language :: Python :: {named}" in PROJECT["classifiers"]


@pytest.fixture(scope="module")
def tools() -> Path:
    """The Python of the environment with the release tools."""
    done = subprocess.run([ROOT / ".ci/tools"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


COMMITTED = 1_764_205_200
"""When the released commit was made, as far as these tests go: seconds since 1970."""


def release(folder: Path, tools: Path, umask: int, **environ: str) -> dict[str, bytes]:
    """What `.ci/release` makes of a copy of these sources, by name."""
    sources = folder / "sources"
    shutil.copytree(
        ROOT,
        sources,
        ignore=shutil.ignore_patterns(".*", "__pycache__", "compiled.json", "advisories.json", "dist", "*.db"),
    )
    shutil.copytree(ROOT / ".ci", sources / ".ci")
    made = {"SOURCE_DATE_EPOCH": str(COMMITTED), "XOCOMPAT_TOOLS": str(tools.parents[1]), **environ}
    command = [str(sources / ".ci/release"), str(folder / "out")]
    done = subprocess.run(command, env=os.environ | made, umask=umask, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


@pytest.fixture(scope="module")
def releases(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Two releases of the same sources, made in different folders, under different masks, orders of hashing, time zones
    and languages.
    """
    first = release(tmp_path_factory.mktemp("one"), tools, 0o022, PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C.UTF-8")
    there = {"PYTHONHASHSEED": "2", "TZ": "Pacific/Auckland", "LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr"}
    return first, release(tmp_path_factory.mktemp("the-other"), tools, 0o077, **there)


def test_two_releases_of_the_same_sources_are_equal(releases: tuple[dict[str, bytes], dict[str, bytes]]) -> None:
    first, second = releases
    assert sorted(name.partition("-")[2].lstrip("0123456789.") for name in first) == [
        "-py3-none-any.whl",
        "cdx.json",
        "tar.gz",
    ]
    assert first.keys() == second.keys()
    assert [name for name, content in first.items() if second[name] != content] == []


def test_the_sbom_has_what_is_locked_with_its_hashes(releases: tuple[dict[str, bytes], dict[str, bytes]]) -> None:
    (text,) = (content for name, content in releases[0].items() if name.endswith(".cdx.json"))
    bom = json.loads(text)
    assert bom["bomFormat"] == "CycloneDX"
    assert bom["metadata"]["component"]["name"] == "xocompat"
    assert Version(bom["metadata"]["component"]["version"])
    assert "serialNumber" not in bom
    assert datetime.fromisoformat(bom["metadata"]["timestamp"]) == datetime.fromtimestamp(COMMITTED, UTC)
    locks = read("requirements.txt")
    assert {each["name"]: Version(each["version"]) for each in bom["components"]} == {
        name: lock.version for name, lock in locks.items()
    }
    for each in bom["components"]:
        hashes = [one for reference in each["externalReferences"] for one in reference["hashes"]]
        assert len(hashes) == locks[each["name"]].hashes


_VALIDATE = """
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
for bom in json.load(sys.stdin):
    found = JsonStrictValidator(SchemaVersion.from_version(bom["specVersion"])).validate_str(json.dumps(bom))
    print("valid" if found is None else "invalid")
"""


def test_the_sbom_is_valid_by_its_schema(releases: tuple[dict[str, bytes], dict[str, bytes]], tools: Path) -> None:
    (text,) = (content for name, content in releases[0].items() if name.endswith(".cdx.json"))
    bom = json.loads(text)
    both = json.dumps([bom, {**bom, "components": [{"name": "no type"}]}])
    command = [str(tools), "-c", _VALIDATE]
    done = subprocess.run(command, input=both, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["valid", "invalid"], done.stderr


class Advisories(BaseHTTPRequestHandler):
    """OSV's API, which knows of one hole in one package, or is out of order."""

    package: ClassVar[str] = ""
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        """Answers what is known of one package."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["package"]["name"]
        hole = {
            "id": "PYSEC-2099-1",
            "summary": "a hole",
            "affected": [
                {
                    "package": {"name": asked, "ecosystem": "PyPI"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.1"}]}],
                }
            ],
        }
        body = json.dumps({"vulns": [hole]} if asked == self.package else {}).encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def advisories(package: str = "", status: int = 200) -> Iterator[str]:
    """The address of an OSV that knows of a hole in a package."""
    handler = type("Answering", (Advisories,), {"package": package, "status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/v1/query"
        finally:
            server.shutdown()
            thread.join()


def audit(address: str, tmp_path: Path) -> tuple[int, str]:
    """The exit status and the words of `.ci/audit` that asks there."""
    command = [str(ROOT / ".ci/audit"), "-s", "osv", "--osv-url", address, "--cache-dir", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.usefixtures("tools")
def test_a_known_hole_fails_and_is_named(tmp_path: Path) -> None:
    with advisories("cryptography") as address:
        status, said = audit(address, tmp_path)
    assert status == 1
    version = read("requirements.txt")["cryptography"].version
    assert f"cryptography {version}: PYSEC-2099-1, mended in 99.1" in said


@pytest.mark.usefixtures("tools")
def test_no_known_hole_passes_and_says_how_many_were_asked_about(tmp_path: Path) -> None:
    with advisories() as address:
        status, said = audit(address, tmp_path)
    assert status == 0
    assert re.search(r"no known holes in \d\d packages", said)


@pytest.mark.usefixtures("tools")
def test_where_nobody_can_be_asked_it_passes_and_says_so(tmp_path: Path) -> None:
    with closing(create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    status, said = audit(f"http://127.0.0.1:{port}/v1/query", tmp_path)
    assert (status, "could not ask" in said, "no known holes" in said) == (0, True, False)


@pytest.mark.usefixtures("tools")
def test_an_answer_that_is_an_error_is_no_answer(tmp_path: Path) -> None:
    with advisories(status=503) as address:
        status, said = audit(address, tmp_path)
    assert (status, "could not ask" in said, "no known holes" in said) == (0, True, False)
