"""What a shell completes: commands, options, words of the data, and names of the operator's file and database, which
is neither made, changed nor waited for."""

import os
import pty
import select
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.chat.commands import COMMANDS
from bot.cli import main
from bot.cli.operator import OPERATORS
from bot.completion import BREAKS, LINE, SCRIPTS, VARIABLE
from bot.matrix.load import load_matrix
from bot.settings.source import sources
from bot.store.database import Database
from tests.cli.running import IN_BASH, asked
from tests.parts import missing

ROOT = Path(__file__).parents[2]
CONFIG = """
database: sqlite:///names.db
targets:
  - {name: lab-a, address: 192.0.2.1, username: u, password_env: PW, tags: [lab]}
  - {name: lab-b, address: 192.0.2.2, username: u, password_env: PW, tags: [lab, "site:old"]}
xen_orchestra: [{name: xo-main, url: https://xo.example.org, token_env: XO, tags: [prod]}]
"""
HOST = """
INSERT INTO sightings (uuid, source, pool, pool_name, coordinator, name, address, is_coordinator, seen_at, is_lost)
VALUES ('{uuid}', 'paris/a', 'p', '{pool}', 'c', '{name}', '192.0.2.9', true, '2026-11-27T00:00:00Z', {lost})
"""
SOURCE = "INSERT INTO sources (name, kind, tried_at, failures) VALUES ('paris/a', 'site', '2026-11-27T00:00:00Z', 0)"
ALERT = """
INSERT INTO alerts (bulletin, channel, rule, subject, subject_name, hosts, gone, watched, state, reason, opened_at,
 told_at)
VALUES ({0}, 'C1', 'eol', '{0}', 'x', '[]', '[]', false, '{1}', 'new', '2026-11-27', '2026-11-27')
"""
BULLETIN = "INSERT INTO bulletins (id, channel, subject, opened_at) VALUES ({0}, 'C1', '{0}', '2026-11-27')"
ROWS = (
    SOURCE,
    HOST.format(uuid="1", pool="prod", name="xen-1", lost="false"),
    HOST.format(uuid="2", pool="two words", name="xen-2", lost="false"),
    HOST.format(uuid="3", pool="gone", name="gone-1", lost="true"),
    HOST.format(uuid="4", pool='its $(5) "big"', name="xen_%", lost="false"),
    *(
        row
        for at, state in ((1, "firing"), (2, "resolved"), (3, "snoozed"))
        for row in (BULLETIN.format(at), ALERT.format(at, state))
    ),
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with hosts of a site and alerts, which nobody has open."""
    path = tmp_path_factory.mktemp("filled") / "names.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XOCOMPAT_DATABASE", f"sqlite:///{path}")
        assert main(["db", "upgrade"]) == 0
    with closing(sqlite3.connect(path)) as connection:
        for row in ROWS:
            connection.execute(row)
        connection.commit()
    return path


@pytest.fixture
def known(filled: Path, folder: Path) -> Path:
    """A folder with a configuration and a copy of that database."""
    (folder / "xocompat.yaml").write_text(CONFIG)
    shutil.copy(filled, folder / "names.db")
    return folder


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("up", "upgrade"),
        ("upgrade xen", "XenServer"),
        ("check 7.", "7.2"),
        ("7.", "7.2"),
        ("issues XSO", "XSO-868"),
        ("feature vt", "vtpm"),
        ("list x", "xcp-ng"),
        ("check 7.2 --fail-on eol-", "eol-within:90d"),
        ("--config x.yaml --json up", "upgrade"),
        ("fleet --for", "--format"),
        ("--vers", "--version"),
        ("fleet --format m", "md"),
        ("export --form", "--format"),
        ("export --what ", "site"),
        ("help serv", "serve"),
        ("completion z", "zsh"),
        ("db up", "upgrade"),
        ("db backup ", "file"),
        ("sites con", "config"),
        ("sites config --si", "--site"),
        ("serve --config ", "file"),
        ("fleet unr", "unreachable"),
        ("access pro", "probe"),
        ("xsa-48", "XSA-480"),
        ("Xe", "XenServer"),
        ("advisory CVE-2026-1334", "CVE-2026-133469"),
        ("advisories VSA-2026-06", "VSA-2026-062"),
        ("check xsa-51", "XSA-517"),
    ],
)
def test_commands_options_and_words_are_completed(folder: Path, line: str, offered: str) -> None:
    assert offered in asked(folder, line)


def test_what_is_no_word_there_is_not_offered(folder: Path) -> None:
    assert asked(folder, "serve x") == []
    assert asked(folder, "completion bash ") == []
    assert asked(folder, "fleet --as-of ") == []
    assert asked(folder, "fleet -- --f") == []
    assert [each for each in asked(folder, "check X") if each.startswith("XSA")] == []
    assert [each for each in asked(folder, "") if " " in each] == []


def test_every_command_is_offered_and_every_word_of_one_is_known(folder: Path) -> None:
    """A command that is new, and what its words are called in completion, are not forgotten."""
    named = {*COMMANDS, *(command.name or "" for command in OPERATORS)}
    assert {*asked(folder, "")} == {name for name in named if " " not in name}
    assert {*asked(folder, "help ")} == named
    takes_words = {name for name, spec in COMMANDS.items() if spec.takes and name not in ("sweep", "audit")}
    assert {name for name in takes_words if not asked(folder, f"{name} ")} <= {"ack", "probe", "snooze", "xo"}


def test_releases_and_ids_are_those_of_the_data(folder: Path) -> None:
    matrix = load_matrix()
    assert {release.number for release in matrix.releases} < {*asked(folder, "check ")}
    assert {issue.id for issue in matrix.issues} < {*asked(folder, "issues ")}
    assert {feature.id for feature in matrix.features} == {*asked(folder, "feature ")}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("probe ", ["lab-a", "lab-b", "paris/a"]),
        ("trust lab", ["lab-a", "lab-b"]),
        ("trust lab-a ", []),
        ("xo ", ["xo-main"]),
        ("fleet xen", ["xen-1", "xen-2", "xen_%"]),
        ("fleet xen_", ["xen_%"]),
        ("fleet PROD", ["prod"]),
        ("fleet gone", []),
        ("patches s", ["site:old"]),
        ("fleet two", ["two words"]),
        ("fleet 'two w", ["two words"]),
        ("watch pool p", ["pool", "prod"]),
        ("ack ", ["3", "1"]),
        ("alerts ", ["all", "3", "1"]),
    ],
)
def test_names_are_those_of_the_file_and_the_database(known: Path, line: str, words: list[str]) -> None:
    assert asked(known, line) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fleet two", ["two\\ words"]),
        ("fleet two\\ ", ["two\\ words"]),
        ('fleet "two w', ["two words"]),
        ("fleet 'two w", ["two words"]),
        ("fleet it", ['its\\ \\$\\(5\\)\\ \\"big\\"']),
        ('fleet "it', ['its \\$(5) \\"big\\"']),
        ("fleet 'it", ['its $(5) "big"']),
        ("fleet site:", ["old"]),
        ("7.2 --fail-on eol-within:9", ["90d"]),
        ("fleet xen_", ["xen_%"]),
    ],
)
def test_bash_gets_a_word_as_it_puts_it_into_the_line(known: Path, line: str, words: list[str]) -> None:
    assert asked(known, line, "bash") == words


def test_the_file_and_the_database_are_those_that_the_program_would_use(known: Path) -> None:
    (known / "other.yaml").write_text("targets: [{name: elsewhere}]\ndatabase: sqlite:///none.db\n")
    for before, environ in (
        ("", {"XOCOMPAT_CONFIG": "other.yaml"}),
        ("--config other.yaml ", {}),
        ("--config=other.yaml ", {}),
    ):
        assert asked(known, f"{before}probe ", **environ) == ["elsewhere"]
    assert sources(None, {"XOCOMPAT_CONFIG": "other.yaml"}, known).file == "other.yaml"
    other = {"DATABASE_URL": "sqlite:///none.db"}
    assert asked(known, "ack ", **other) == []
    assert asked(known, "ack ", **other, XOCOMPAT_DATABASE=f"sqlite:///{known}/names%2Edb") == ["3", "1"]


@pytest.mark.parametrize(
    "text", ["", "targets: 7", "targets: [7, {}, {name: }]", "]broken", "- a", "\x00", "database: [x]", "tags: {}"]
)
def test_a_file_that_is_broken_completes_nothing(folder: Path, text: str) -> None:
    (folder / "xocompat.yaml").write_text(text)
    assert asked(folder, "probe ") == asked(folder, "ack ") == []


@pytest.mark.parametrize(
    "url", ["sqlite:///none.db", "sqlite:///xocompat.yaml", "postgresql://127.0.0.1:1/x", "odd", "", "sqlite:///."]
)
def test_a_database_that_is_none_completes_nothing_and_is_not_made(folder: Path, url: str) -> None:
    (folder / "xocompat.yaml").write_text("{}\n")
    assert asked(folder, "ack ", DATABASE_URL=url) == []
    assert [path.name for path in folder.iterdir()] == ["xocompat.yaml"]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_nothing_is_left_behind_beside_a_database(known: Path) -> None:
    """SQLite makes files beside one that it reads, which would belong to whoever pressed Tab."""
    before = _files(known)
    assert before.keys() == {"xocompat.yaml", "names.db"}
    assert asked(known, "ack ") == ["3", "1"]
    assert _files(known) == before


def test_what_another_process_has_just_written_is_read_and_a_lock_keeps_nobody_waiting(known: Path) -> None:
    database = Database(f"sqlite:///{known}/names.db")
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alerts SET state = 'resolved' WHERE id = 1")
    assert asked(known, "ack ") == ["3"]
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM sightings")
        begun = time.monotonic()
        assert asked(known, "fleet xen") == ["xen-1", "xen-2", "xen_%"]
        assert time.monotonic() - begun < 5
    database.close()
    (known / "names.db-wal").write_bytes(b"")  # one whose process was killed, without what belongs to it
    assert asked(known, "ack ") == []
    assert {path.name for path in known.iterdir()} == {"xocompat.yaml", "names.db", "names.db-wal"}


def test_tables_of_another_version_complete_nothing(known: Path) -> None:
    with closing(sqlite3.connect(known / "names.db")) as connection:
        connection.execute("DROP TABLE alerts")
    assert asked(known, "ack ") == []


def _complete(line: str, folder: Path, shell: str = "bash") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot"],
        env={**os.environ, "PYTHONPATH": str(ROOT), VARIABLE: shell, LINE: line, BREAKS: IN_BASH},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )


def test_a_tab_imports_neither_click_nor_settings_nor_the_store(known: Path) -> None:
    """Each one starts a process; what it imports is what it takes."""
    ran = _complete("xocompat fleet xen", known)
    assert ran.stdout.splitlines() == ["word\txen-1", "word\txen-2", "word\txen_%"]
    imported = {line.rpartition("|")[2].strip() for line in ran.stderr.splitlines()}
    assert {"sqlite3", "yaml", "bot.completion"} <= imported
    assert {name for name in imported if name.startswith("bot")} == {"bot", "bot.completion"}
    assert imported.isdisjoint({"click", "sqlalchemy", "pydantic", "psycopg", "datetime.date", "packaging"})


@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_shell_can_read_its_script(shell: str, folder: Path) -> None:
    if not (program := shutil.which(shell)):
        missing(f"{shell} is not installed")
    (folder / "script").write_text(SCRIPTS[shell])
    read = subprocess.run([program, "-n", str(folder / "script")], capture_output=True, text=True, check=True)
    assert read.stderr == ""


class Bash:
    """An interactive bash that has read our script, at a terminal."""

    def __init__(self, folder: Path) -> None:
        program = folder / "xocompat"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m bot "$@"\n')
        program.chmod(0o755)
        (folder / "rc").write_text(f"PS1='> '\nbind 'set enable-bracketed-paste off'\n{SCRIPTS['bash']}")
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{folder}:{os.environ['PATH']}", "TERM": "dumb"}
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--rcfile", str(folder / "rc"), "-i"],
            stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=environ, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self._until("> ")

    def completed(self, line: str, ends: str) -> None:
        """Type a line and Tab, and see that it becomes one with this end."""
        os.write(self._master, f"{line}\t".encode())
        self._until(ends)
        os.write(self._master, b"\x15\n")  # away with the line
        self._until("> ")

    def _until(self, end: str) -> None:
        read, ends = "", time.monotonic() + 20
        while not read.endswith(end):
            ready = select.select([self._master], [], [], max(0, ends - time.monotonic()))[0]
            assert ready, f"{read!r} does not end with {end!r}"
            read += os.read(self._master, 4096).decode()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._master)


@pytest.fixture
def bash(known: Path) -> Iterator[Bash]:
    shell = Bash(known)
    yield shell
    shell.close()


def test_a_real_bash_completes_names_with_spaces_and_signs(bash: Bash) -> None:
    bash.completed("xocompat upg", "upgrade ")
    bash.completed("xocompat fleet two", "fleet two\\ words ")
    bash.completed("xocompat fleet two\\ w", "fleet two\\ words ")
    bash.completed('xocompat fleet "two w', 'fleet "two words" ')
    bash.completed("xocompat fleet 'tw", "fleet 'two words' ")
    bash.completed("xocompat fleet it", 'fleet its\\ \\$\\(5\\)\\ \\"big\\" ')
    bash.completed("xocompat fleet site:o", "fleet site:old ")
    bash.completed("xocompat 7.2 --fail-on eol-within:9", "eol-within:90d ")
    for quoted in ('its\\ \\$\\(5\\)\\ \\"big\\"', '"its \\$(5) \\"big\\""', "'its $(5) \"big\"'"):
        said = subprocess.run(["bash", "-c", f"printf %s {quoted}"], capture_output=True, text=True, check=True)
        assert said.stdout == 'its $(5) "big"'
