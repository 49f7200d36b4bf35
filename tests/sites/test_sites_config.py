"""`xocompat sites config`: what it prints a server takes, keys are made once and never shown, mistakes are a line."""

import stat
from pathlib import Path

import pytest
import yaml

from bot.cli import main
from bot.settings import load_settings
from bot.sites.server_config import ServerUrl
from tests.cli.running import Ran, Run
from tests.sites.nats_server import refused_config

PRINT = ("sites", "config", "--site", "paris", "--site", "london")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def ran(*args: str) -> Ran:
        capsys.readouterr()
        status = main(args)
        return Ran(status, *capsys.readouterr())

    return ran


def test_what_is_printed_a_server_takes(run: Run, tmp_path: Path) -> None:
    ran = run(*PRINT)
    (tmp_path / "nats.conf").write_text(ran.out)
    assert (ran.status, refused_config(tmp_path / "nats.conf")) == (0, "")
    assert (ran.err.count("\n"), str(tmp_path / "nats") in ran.err) == (1, True)


def test_seeds_are_the_users_own_and_are_not_printed(run: Run, tmp_path: Path) -> None:
    ran = run(*PRINT)
    secret = [*(tmp_path / "nats").rglob("*.nk"), *(tmp_path / "nats").rglob("*-key.pem")]
    assert len(secret) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    assert stat.S_IMODE((tmp_path / "nats").stat().st_mode) == 0o700
    lines = [line for path in secret for line in path.read_text().splitlines()]
    assert [line for line in lines if line in ran.out + ran.err] == []


def test_what_it_writes_for_centre_and_sites_is_read(run: Run, tmp_path: Path) -> None:
    run(*PRINT, "--url", "tls://nats.example.org:4333")
    centre = load_settings(tmp_path / "nats/centre/xocompat.yaml", {}, tmp_path).sites
    site = load_settings(tmp_path / "nats/sites/paris/xocompat.yaml", {}, tmp_path).site
    assert (centre.url, centre.expected) == ("tls://nats.example.org:4333", ("london", "paris"))
    assert (site.url, site.name) == ("tls://nats.example.org:4333", "paris")
    for keys in (centre, site):
        assert keys.credentials_file
        assert keys.ca
        assert keys.credentials_file.read_text().startswith("SU")
        assert keys.ca.read_text() == (tmp_path / "nats/server/server.pem").read_text()


def test_the_snippet_that_is_printed_is_the_one_that_is_written(run: Run, tmp_path: Path) -> None:
    printed = [line[4:] for line in run(*PRINT).out.splitlines() if line.startswith("#   ")]
    assert yaml.safe_load("\n".join(printed)) == yaml.safe_load((tmp_path / "nats/centre/xocompat.yaml").read_text())


def test_a_site_is_added_and_the_others_keep_their_keys(run: Run, tmp_path: Path) -> None:
    before = [line for line in run(*PRINT).out.splitlines() if "nkey:" in line]
    files = {path: path.read_bytes() for path in (tmp_path / "nats").rglob("*.*")}
    added = run("sites", "config", "--add", "--site", "berlin")
    after = [line for line in added.out.splitlines() if "nkey:" in line]
    assert (added.status, len(after)) == (0, 4)
    assert [line for line in before if line not in after] == []
    assert {path: path.read_bytes() for path in files} == files
    assert "expected: [berlin, london, paris]" in added.out


def test_a_site_without_its_folder_is_out_and_with_a_new_one_has_a_new_key(run: Run, tmp_path: Path) -> None:
    def key(config: str) -> list[str]:
        return config.split("# site paris\n")[1].split()[:2] if "# site paris\n" in config else []

    first = run(*PRINT).out
    seed = tmp_path / "nats/sites/paris/paris.nk"
    seed.unlink()
    second = run("sites", "config", "--add", "--site", "paris").out
    assert key(first)
    assert key(second)
    assert key(first) != key(second)
    for file in seed.parent.iterdir():
        file.unlink()
    seed.parent.rmdir()
    assert key(run("sites", "config", "--add").out) == []


def test_a_certificate_of_ones_own_is_named_and_no_ca_with_it(run: Run, tmp_path: Path) -> None:
    for name in ("own.pem", "own-key.pem"):
        (tmp_path / name).write_text("PEM")
    ran = run(*PRINT, "--certificate", "own.pem", "--key", "own-key.pem")
    assert f'cert_file: "{tmp_path / "own.pem"}"' in ran.out
    assert "ca.pem" not in ran.out
    assert sorted(path.name for path in (tmp_path / "nats").rglob("*.pem")) == []


NAME = "lower-case letters, digits and dashes, at most 32, such as paris."


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--site", "Paris"], f"'Paris' is no site's name: {NAME}"),
        (["--site", "-x"], f"'-x' is no site's name: {NAME}"),
        (["--site", "paris.>"], f"'paris.>' is no site's name: {NAME}"),
        (["--site", "p" * 33], f"'{'p' * 33}' is no site's name: {NAME}"),
        (["--site", "paris", "--site", "paris"], "Site paris is named twice."),
        ([], "Name at least one site: xocompat sites config --site paris"),
        (["--site", "paris", "--output", "there"], "there is there already. To add sites to it say --add"),
        (["--add", "--output", "there"], "there was not made by `sites config`"),
        (["--site", "paris", "--url", "nats://h:4222"], "--url must be tls://"),
        (["--site", "paris", "--url", "tls://h:99999"], "--url must be tls://"),
        (["--site", "paris", "--url", "tls://me:secret@h"], "--url must be tls://"),
        (["--site", "paris", "--url", 'tls://h"x'], "--url must be tls://"),
        (["--site", "paris", "--key", "own"], "--certificate and --key belong together"),
        (["--site", "paris", "--key", "own", "--certificate", "none"], "none is no file."),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(run: Run, tmp_path: Path, words: list[str], says: str) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "own").write_text("PEM")
    ran = run("sites", "config", *words)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert says in ran.err
    assert "secret" not in ran.err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["own", "there"]


@pytest.mark.parametrize("seed", [b"", b"not a seed", b"\xff\xfe", b"SUAAAA", b"SA" + b"A" * 56])
def test_a_damaged_seed_is_told_and_not_written_over(run: Run, tmp_path: Path, seed: bytes) -> None:
    run(*PRINT)
    path = tmp_path / "nats/sites/paris/paris.nk"
    path.write_bytes(seed)
    ran = run("sites", "config", "--add")
    assert (ran.status, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert f"{path} holds no seed of a user's nkey" in ran.err
    assert path.read_bytes() == seed


@pytest.mark.parametrize(
    ("text", "host", "port", "shown"),
    [
        ("tls://nats.example.org", "nats.example.org", 4222, "tls://nats.example.org:4222"),
        ("tls://192.0.2.1:443", "192.0.2.1", 443, "tls://192.0.2.1:443"),
        ("tls://[2001:db8::1]:443", "2001:db8::1", 443, "tls://[2001:db8::1]:443"),
    ],
)
def test_addresses(text: str, host: str, port: int, shown: str) -> None:
    url = ServerUrl.parse(text)
    assert (url, str(url)) == (ServerUrl(host, port), shown)


@pytest.mark.parametrize("words", [("sites config", "--site", "paris"), ("SITES", "config", "--site", "paris")])
def test_its_two_words_are_read_as_other_commands_are(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).out.startswith("# A NATS server for xocompat, with 1 site: paris.")
