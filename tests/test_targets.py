"""The configured inventory as the rooms take it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.app.configuration import inventory, orchestras
from bot.settings import load_settings
from bot.xapi.target import CredentialsError, Target, TlsMode
from bot.xo.orchestra import Orchestra

PIN = "sha256:" + "ab" * 32


def _target(tmp_path: Path, entry: str, environ: Mapping[str, str] | None = None) -> Target:
    (tmp_path / "xocompat.yaml").write_text(f"targets: [{{name: lab, address: 192.0.2.1, username: x, {entry}}}]\n")
    (target,) = inventory(load_settings(None, {}, tmp_path).targets, environ or {}).targets
    return target


@pytest.mark.parametrize(
    ("tls", "mode"),
    [
        (f'tls: {{pin: "{PIN}"}}', TlsMode.PINNED),
        ("tls: {insecure: true}", TlsMode.INSECURE),
        ("tls: {ca: lab.pem}", TlsMode.CA),
        ("tags: [lab]", TlsMode.CA),
    ],
)
def test_each_way_to_trust_is_taken_over(tmp_path: Path, tls: str, mode: TlsMode) -> None:
    trust = _target(tmp_path, f"password_env: P, {tls}").endpoint.trust
    assert (trust.mode, trust.pin) == (mode, bytes.fromhex("ab" * 32) if mode is TlsMode.PINNED else None)
    assert (trust.ca_file is not None) == ("ca:" in tls)


def test_members_have_the_targets_port_and_trust_unless_given(tmp_path: Path) -> None:
    also = f'also: [192.0.2.2, {{address: "192.0.2.3:8443", pin: "{PIN}"}}]'
    first, second = _target(tmp_path, f"password_env: P, tls: {{insecure: true}}, {also}").also
    assert (first.host, first.port, first.trust.mode) == ("192.0.2.2", 443, TlsMode.INSECURE)
    assert (second.host, second.port, second.trust.mode) == ("192.0.2.3", 8443, TlsMode.PINNED)


def test_a_password_is_read_when_it_is_needed_and_stands_in_no_repr(tmp_path: Path) -> None:
    target = _target(tmp_path, "password_env: P", {"P": "hunter2"})
    assert target.password() == "hunter2"
    assert "hunter2" not in repr(target)
    (tmp_path / "secret").write_text("hunter3\n")
    assert _target(tmp_path, "password_file: secret").password() == "hunter3"


def test_a_password_that_is_not_to_be_had_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="The variable P is not set"):
        _target(tmp_path, "password_env: P").password()
    with pytest.raises(CredentialsError, match="gone cannot be read"):
        _target(tmp_path, "password_file: gone").password()
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(CredentialsError, match="empty is empty"):
        _target(tmp_path, "password_file: empty").password()


def _orchestra(tmp_path: Path, entry: str, environ: Mapping[str, str] | None = None) -> Orchestra:
    (tmp_path / "xocompat.yaml").write_text(f"xen_orchestra: [{{name: xo, token_env: XO_TOKEN, {entry}}}]\n")
    (orchestra,) = orchestras(load_settings(None, {}, tmp_path).xen_orchestra, environ or {})
    return orchestra


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://xo.example.org", "xo.example.org", 443, ""),
        ("https://XO.example.org:8443/", "xo.example.org", 8443, ""),
        ("https://192.0.2.1/xo/", "192.0.2.1", 443, "/xo"),
        ("https://[2001:db8::1]:444", "2001:db8::1", 444, ""),
    ],
)
def test_a_xen_orchestras_url_is_taken_apart(tmp_path: Path, url: str, host: str, port: int, path: str) -> None:
    orchestra = _orchestra(tmp_path, f'url: "{url}", tls: {{pin: "{PIN}"}}, tags: [prod]')
    assert (orchestra.endpoint.host, orchestra.endpoint.port, orchestra.path) == (host, port, path)
    assert (orchestra.endpoint.trust.mode, orchestra.tags) == (TlsMode.PINNED, ("prod",))


def test_a_token_is_read_each_time_it_is_needed_and_stands_in_no_repr(tmp_path: Path) -> None:
    environ = {"XO_TOKEN": "hunter2"}
    orchestra = _orchestra(tmp_path, "url: https://xo.example.org", environ)
    assert orchestra.token() == "hunter2"
    assert "hunter2" not in repr(orchestra)
    environ["XO_TOKEN"] = "hunter3"
    assert orchestra.token() == "hunter3"
    del environ["XO_TOKEN"]
    with pytest.raises(CredentialsError, match="The variable XO_TOKEN is not set"):
        orchestra.token()
