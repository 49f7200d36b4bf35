"""What `doctor` finds about the database, channels that are stopped, Xen Orchestras, and the channels of routes."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.cli import main
from bot.published.bundle import bundle_text, shipped_files
from bot.simulator import SimHost, Simulator, lone, release
from bot.simulator.orchestra import TOKEN, SimulatedOrchestra
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.outbox import SqlOutbox
from bot.store.table_forms import SqlTableForms
from tests.acceptance.waiting import free_port
from tests.alerts.delivery.queue import LAB, Queue
from tests.published.texts import page
from tests.slack.standin import Call, StandIn

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ROUTES = """
alerts:
  channel: C0000001
  routes: [{tags: [lab], channel: C0000002}, {pools: [prod], channel: C0000003}, {tags: [edge], channel: C0000001}]
"""
XO = """
xen_orchestra:
  - {{name: xo, url: "https://{address}", token_env: XO_TOKEN, tls: {{pin: "{pin}"}}}}
"""


class Examined:
    """`doctor` as an operator runs it in a folder with a configuration."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._capsys = folder, capsys

    def configure(self, text: str) -> None:
        (self._folder / "xocompat.yaml").write_text(text, encoding="utf-8")

    def __call__(self) -> tuple[int, list[str]]:
        status = main(["doctor"])
        return status, self._capsys.readouterr().out.splitlines()


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examined:
    """All is well with Slack, which is a stand-in."""
    monkeypatch.chdir(tmp_path)
    return Examined(tmp_path, capsys)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with StandIn() as running:
        for name, value in {"BOT_TOKEN": "xoxb-1", "SIGNING_SECRET": "s", "API_URL": running.api}.items():
            monkeypatch.setenv(f"SLACK_{name}", value)
        yield running


def _about(lines: list[str], name: str) -> list[str]:
    return [line for line in lines if line[8:].startswith(name)]


@pytest.fixture
def of_database(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Either kind of database, as the one that is configured."""
    monkeypatch.setenv("DATABASE_URL", _url(database))
    return database


def _url(database: Database) -> str:
    """As an operator writes it."""
    url = database.url.set(drivername=database.url.get_backend_name())
    return url.render_as_string(hide_password=False)


@pytest.mark.usefixtures("slack", "of_database")
def test_a_database_in_use_is_looked_at(doctor: Examined) -> None:
    status, lines = doctor()
    found = _about(lines, "database")
    assert status == 0
    assert "0 hosts, 0 sources, 0 open alerts, 0 messages to send" in "".join(found)
    assert all(line.startswith("ok") for line in found)


@pytest.mark.usefixtures("slack")
def test_a_file_that_the_platform_throws_away_is_told(doctor: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNO", "worker.1")
    _, lines = doctor()
    assert any(line.startswith("not ok  database: folder: Heroku throws") for line in lines), lines


@pytest.mark.usefixtures("slack")
def test_a_channel_that_is_stopped_is_told_with_its_remedy(doctor: Examined, of_database: Database) -> None:
    Queue(of_database).bulletin()
    why = "Slack answered not_in_channel: the bot is not in the channel: type /invite @xocompat there"
    outbox = SqlOutbox(of_database)
    outbox.stop(LAB, "not_in_channel", why, NOW)
    status, lines = doctor()
    (line,) = _about(lines, "channel ")
    assert status == 1
    assert line.startswith(f"not ok  channel {LAB}: 1 message waits: {why} → once that is mended")
    outbox.resume(LAB)
    assert _about(doctor()[1], "channel ") == []


@pytest.mark.usefixtures("slack")
def test_a_database_that_is_away_is_one_line(doctor: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/fleet")
    status, lines = doctor()
    (line,) = _about(lines, "database")
    assert status == 1
    assert "cannot be reached: nothing listens there" in line
    assert "hunter2" not in line


@pytest.mark.usefixtures("slack")
def test_the_day_of_the_data_and_whether_newer_data_comes_are_told(doctor: Examined, tmp_path: Path) -> None:
    (line,) = _about(doctor()[1], "data:")
    said = "ok      data: what is in use is of {}, its advisories of 26 Nov 2026, {}"
    assert line.startswith(said.format("16 Sep 2026", "as shipped"))
    assert _about(doctor()[1], "renewed data") == []
    doctor.configure("database: sqlite:///bot.db\nlist: {url: list.md}\ndata: {url: data.json}")
    (tmp_path / "list.md").write_bytes(page())
    main(["sync", "--force"])
    (line,) = _about(doctor()[1], "renewed data")
    assert line.startswith("not ok  renewed data: ")
    assert "data.json can't be read" in line
    (tmp_path / "data.json").write_text(bundle_text(shipped_files(), date(2026, 11, 26)), encoding="utf-8")
    main(["sync", "--force"])
    lines = doctor()[1]
    assert _about(lines, "renewed data")[0].startswith("ok      renewed data: the last bundle is of 26 Nov 2026")
    assert _about(lines, "data:")[0].startswith(said.format("26 Nov 2026", "renewed"))


@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize(("days", "said"), [(35, ""), (36, "Old data: security advisories of 26 Nov 2026 (36 days)")])
def test_advisories_that_are_old_are_told(
    doctor: Examined, monkeypatch: pytest.MonkeyPatch, days: int, said: str
) -> None:
    at = datetime(2026, 11, 26, 12, tzinfo=UTC) + timedelta(days=days)
    monkeypatch.setattr("bot.app.doctor.now", lambda: at)
    (line,) = _about(doctor()[1], "data:")
    assert line.startswith("warning data: " if said else "ok      data: ")
    assert said in line
    assert ("Old data" in line) is bool(said)


@pytest.mark.usefixtures("slack")
def test_a_file_that_is_damaged_is_told(doctor: Examined, tmp_path: Path) -> None:
    (tmp_path / "xocompat.db").write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    status, lines = doctor()
    assert status == 1
    assert any(line.startswith("not ok  database: The database ") for line in lines), lines


@pytest.mark.usefixtures("slack")
def test_a_lock_is_no_trouble_for_looking(doctor: Examined, sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", _url(sqlite))
    other = sqlite3.connect(str(sqlite.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert doctor()[0] == 0
    other.close()


def test_the_channels_of_all_routes_are_looked_at_once(doctor: Examined, slack: StandIn) -> None:
    def info(call: Call) -> dict[str, object]:
        channel = call.fields["channel"]
        return {"ok": True, "channel": {"name": channel.lower(), "is_member": channel != "C0000003"}}

    slack.answers["conversations.info"] = info
    doctor.configure(ROUTES)
    status, lines = doctor()
    assert status == 1
    assert _about(lines, "alerts.") == [
        "ok      alerts.channel: the bot is in #c0000001",
        "ok      alerts.routes[0]: the bot is in #c0000002",
        "not ok  alerts.routes[1]: the bot is not in #c0000003 → type /invite @xocompat there",
    ]


Token = Callable[[str], None]


@pytest.fixture
def orchestra(doctor: Examined, monkeypatch: pytest.MonkeyPatch) -> Iterator[Token]:
    """A Xen Orchestra in the configuration; the token to show it is the test's."""
    with Simulator([lone(SimHost("xen-1", release("XCP-ng", "8.3")))]) as hosts, SimulatedOrchestra(hosts) as running:
        doctor.configure(XO.format(address=running.address, pin=running.address.pin_text))
        yield lambda token: monkeypatch.setenv("XO_TOKEN", token)


@pytest.mark.usefixtures("slack")
def test_a_xen_orchestra_that_answers_is_told_with_what_it_has(doctor: Examined, orchestra: Token) -> None:
    orchestra(TOKEN)
    status, lines = doctor()
    assert status == 0
    assert _about(lines, "xen_orchestra") == [
        "ok      xen_orchestra xo: it tells 1 host in 1 pool",
        "ok      xen_orchestra xo version: it tells without a login that it is xo-server 5.207.2",
        "ok      xen_orchestra xo missing updates: it tells which updates hosts miss (an empty list of the one that "
        "was tried)",
        "ok      xen_orchestra xo dashboard: every host could be asked for its updates",
    ]


@pytest.mark.usefixtures("slack")
def test_a_xen_orchestra_that_refuses_the_token_is_told(doctor: Examined, orchestra: Token) -> None:
    orchestra("a-wrong-one")
    status, lines = doctor()
    line, version = _about(lines, "xen_orchestra")
    assert status == 1
    assert line.startswith("not ok  xen_orchestra xo:")
    assert version.startswith("ok      xen_orchestra xo version:"), "no token is needed for that"
    assert "XO_TOKEN" in line
    assert "a-wrong-one" not in line


@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize("days", [0, -3])
def test_a_clock_is_compared_with_that_of_a_xen_orchestra(
    days: int, doctor: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XO_TOKEN", TOKEN)
    pools = [lone(SimHost("xen-1", release("XCP-ng", "8.3")))]
    with (
        Simulator(pools, lambda: datetime.now(UTC) + timedelta(days=days)) as hosts,
        SimulatedOrchestra(hosts) as running,
    ):
        doctor.configure(XO.format(address=running.address, pin=running.address.pin_text))
        status, lines = doctor()
    (line,) = _about(lines, "clock, by servers")
    if days:
        assert (status, line.partition(" → ")[0]) == (
            1,
            "not ok  clock, by servers: this machine's clock is 3 days ahead of what servers say",
        )
    else:
        assert (status, line) == (0, "ok      clock, by servers: it shows their day")


SECRETS = """
targets:
  - {name: unset, address: 127.0.0.1:1, username: u, password_env: UNSET_PASSWORD}
  - {name: empty, address: 127.0.0.1:1, username: u, password_env: EMPTY_PASSWORD}
  - {name: quoted, address: 127.0.0.1:1, username: u, password_env: QUOTED_PASSWORD}
  - {name: spaced, address: 127.0.0.1:1, username: u, password_env: SPACED_PASSWORD}
  - {name: good, address: 127.0.0.1:1, username: u, password_env: GOOD_PASSWORD}
  - {name: missing, address: 127.0.0.1:1, username: u, password_file: missing.txt}
  - {name: blank, address: 127.0.0.1:1, username: u, password_file: blank.txt}
  - {name: open, address: 127.0.0.1:1, username: u, password_file: "open one.txt"}
  - {name: kept, address: 127.0.0.1:1, username: u, password_file: kept.txt}
  - {name: pasted, address: 127.0.0.1:1, username: u, password_file: pasted.txt}
xen_orchestra:
  - {name: xo, url: "https://127.0.0.1:1", token_env: UNSET_TOKEN}
notify:
  - {name: mail, url: "smtp://u@127.0.0.1:1", secret_env: MAIL_PASSWORD, to: a@example.org, from: b@example.org}
  - {name: hook, url: "http://127.0.0.1:1/", secret_env: HOOK_SECRET}
  - {name: room, url: "matrix+http://127.0.0.1:1/!a:b", secret_env: ROOM_TOKEN}
web: {token_env: UNSET_WEB_TOKEN}
mcp: {token_env: XOCOMPAT_OF_ASSISTANTS}
"""
ODD = {
    "MAIL_PASSWORD": "“s3cret”",
    "HOOK_SECRET": "export HOOK_SECRET=s3cret",
    "ROOM_TOKEN": "s3cret",
    "XOCOMPAT_OF_ASSISTANTS": "\ufeffs3cret",
    "XOCOMPAT_CALENDAR_TOKEN": "s3cret ",
}


@pytest.mark.usefixtures("slack")
def test_secrets_are_looked_at_though_no_host_answers(
    doctor: Examined, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"EMPTY": "", "QUOTED": "'s3cret'", "SPACED": "s3cret\n", "GOOD": "s3cret"}.items():
        monkeypatch.setenv(f"{name}_PASSWORD", value)
    for name, value in ODD.items():
        monkeypatch.setenv(name, value)
    files = (
        *(("blank", "\n", 0o600), ("open one", "s3cret\n", 0o644), ("kept", "s3cret\r\n", 0o400)),
        ("pasted", "\ufeffPASSWORD=s3cret \n", 0o600),
    )
    for name, text, mode in files:
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
        (tmp_path / f"{name}.txt").chmod(mode)
    doctor.configure(SECRETS)
    status, lines = doctor()
    assert status == 1
    names = [line[8:].partition(": ")[0].split() for line in lines]
    found = [line for line, name in zip(lines, names, strict=True) if "token_env" in str(name[1:2]) or len(name) > 2]
    assert found == [
        "not ok  target unset password: the variable UNSET_PASSWORD is not set → set it where xocompat is started",
        "not ok  target empty password: the variable EMPTY_PASSWORD is empty → set it where xocompat is started",
        "warning target quoted password: the value of QUOTED_PASSWORD has quotes around it → take them out, if they "
        "are no part",
        "warning target spaced password: the value of SPACED_PASSWORD has white space around it → take it out, if it "
        "is no part",
        f"not ok  target missing password: {tmp_path}/missing.txt cannot be read: No such file or directory → look at "
        "`password_file`",
        f"not ok  target blank password: {tmp_path}/blank.txt is empty, or its first line is → write the password into "
        "its first line",
        f"warning target open password file: others on this machine may use {tmp_path}/open one.txt (mode 644) → "
        f"chmod 600 '{tmp_path}/open one.txt'",
        f"warning target pasted password file: the first line of {tmp_path}/pasted.txt has white space around it → "
        "take it out, if it is no part",
        f"warning target pasted password file: the first line of {tmp_path}/pasted.txt has the variable's name in its "
        "value → set it to what stands behind the = alone",
        f"warning target pasted password file: the first line of {tmp_path}/pasted.txt has a character that is not "
        "seen (U+FEFF) → copy it again",
        "not ok  xen_orchestra xo token: the variable UNSET_TOKEN is not set → set it where xocompat is started",
        "warning notify mail secret: the value of MAIL_PASSWORD has quotes around it → take them out, if they are no "
        "part",
        "warning notify hook secret: the value of HOOK_SECRET has the variable's name in its value → set it to what "
        "stands behind the = alone",
        "not ok  web token_env: the variable UNSET_WEB_TOKEN is not set → set it where xocompat is started",
        "warning web calendar_token_env: the value of XOCOMPAT_CALENDAR_TOKEN has white space around it → take it out, "
        "if it is no part",
        "warning mcp token_env: the value of XOCOMPAT_OF_ASSISTANTS has a character that is not seen (U+FEFF) → copy "
        "it again",
    ]
    assert "s3cret" not in "".join(lines)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("xen_orchestra: [{name: xo, url: 'https://127.0.0.1:1', token_env: T}]", "warning slack: no token is set"),
        ("sites: {url: 'nats://127.0.0.1:1'}", "warning slack: no token is set"),
        ("site: {url: 'nats://127.0.0.1:1'}", "not ok  site: `site.name` is not set"),
        ("site: {name: paris}", "not ok  site: `site.url` is not set"),
    ],
)
def test_a_fleet_of_any_kind_needs_no_slack_and_a_half_of_a_site_is_told(
    doctor: Examined, monkeypatch: pytest.MonkeyPatch, config: str, said: str
) -> None:
    monkeypatch.setattr("bot.sites.doctor.PATIENCE", 0.1)
    doctor.configure(config)
    assert any(line.startswith(said) for line in doctor()[1])


@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize("folder", ["/sys", "nowhere"])
def test_a_folder_where_nothing_can_be_written_is_told(doctor: Examined, tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "bot.db"
    doctor.configure(f"database: sqlite:///{path}")
    status, lines = doctor()
    (line,) = _about(lines, "database")
    assert line.startswith(f"not ok  database: folder: {path} cannot be written: ")
    assert status == 1


@pytest.mark.usefixtures("slack")
@pytest.mark.parametrize("is_made", [False, True])
def test_a_full_disk_is_told_before_a_database_is_there_too(
    doctor: Examined, monkeypatch: pytest.MonkeyPatch, is_made: bool
) -> None:
    doctor.configure("database: sqlite:///bot.db")
    if is_made:
        assert main(["db", "upgrade"]) == 0
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    status, lines = doctor()
    assert status == 1
    assert "not ok  database: disk: only 0 MiB are free: make room" in lines


@pytest.mark.usefixtures("slack")
def test_looking_at_the_folder_leaves_nothing_behind(doctor: Examined, tmp_path: Path) -> None:
    doctor.configure("database: sqlite:///bot.db")
    assert doctor()[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["xocompat.yaml"]


@pytest.mark.usefixtures("slack")
def test_a_channel_whose_notifier_is_gone_is_told_until_it_is_there_again(doctor: Examined, sqlite: Database) -> None:
    doctor.configure("")
    Queue(sqlite).bulletin("notify:old")
    status, lines = doctor()
    assert status == 1
    assert _about(lines, "channel notify:old") == [
        "not ok  channel notify:old: 1 message waits: `notify` has no old, so nothing can be sent to it from here: add "
        "it, or take it out of the routes. → once that is configured they are sent"
    ]


@pytest.mark.usefixtures("slack")
def test_a_notifier_that_can_not_be_made_keeps_no_other_from_being_tried(
    doctor: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)  # as where the extra is not installed
    monkeypatch.setenv("PHONE", "tgram://123456789:a-token/1")
    am = f"alertmanager+http://127.0.0.1:{free_port()}"
    doctor.configure(f"notify: [{{name: phone, url_env: PHONE}}, {{name: am, url: '{am}'}}]")
    status, lines = doctor()
    assert status == 1
    assert "needs the extra `notify`" in _about(lines, "notify phone")[0]
    assert "cannot be reached" in _about(lines, "notify am")[0]
    assert "a-token" not in "".join(lines)
    assert main(["doctor", "--send", "am"]) == 1


@pytest.mark.usefixtures("slack")
def test_a_workspace_that_refused_tables_is_told_until_they_are_tried_again(
    doctor: Examined, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.doctor.now", lambda: NOW)
    database = Database(f"sqlite:///{tmp_path}/xocompat.db")
    migrate(database)
    SqlTableForms(database).save("T0000001", 0, NOW - timedelta(hours=1))
    SqlTableForms(database).save("T0000002", 1, NOW - timedelta(days=2))
    database.close()
    _, lines = doctor()
    assert [line.strip() for line in _about(lines, "tables")] == [
        "ok      tables: T0000001 gets lines until 24 Nov 2026 07:00 UTC: it refused richer ones"
    ]


@pytest.mark.usefixtures("slack")
def test_channels_of_another_zone_are_told_with_what_their_clocks_show(
    doctor: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.doctor.now", lambda: NOW)
    doctor.configure("alerts: {channel: C0000001, routes: [{tags: [a], channel: C0000002, zone: Pacific/Auckland}]}")
    _, lines = doctor()
    assert [line.strip() for line in _about(lines, "alerts.zone")] == [
        "ok      alerts.zone: C0000002 counts days in Pacific/Auckland, where it is 23 Nov 2026 21:00"
    ]
