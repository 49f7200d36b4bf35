"""No secret is shown: not in settings that are printed, nor in what is told of a bad configuration."""

import json
import string
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.settings import load_settings
from tests.settings.conftest import Load, Told

SECRET = "hunter2"
NOWHERE = Path("/nowhere")


def test_printed_settings_show_no_secret(load: Load) -> None:
    names = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_SECRET", "XOCOMPAT_WEB_TOKEN")
    settings = load(None, {**dict.fromkeys(names, SECRET), "DATABASE_URL": f"postgresql://u:{SECRET}@h/x"})
    for text in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.slack)):
        assert SECRET not in text


@pytest.mark.parametrize(
    "text",
    [
        f"targets: [{{name: a, address: a, username: u, password: {SECRET}}}]",
        f"targets: [{{name: a, address: a, username: u, password_env: 'P {SECRET}'}}]",
        f"targets: [{{name: a, address: a, username: u, password_env: [{SECRET}]}}]",
        f"targets: [{{name: a, address: 'root:{SECRET}@a', username: u, password_env: P}}]",
        f"targets: [{{name: a, address: 'https://root:{SECRET}@a', username: u, password_env: P}}]",
        f"targets: [{{name: a, address: a, username: u, password: !{SECRET} x}}]",
        f"targets: [{{name: a, address: a, username: u, password: *{SECRET}}}]",
        f"targets: [{{name: a, address: a, username: u, password: &{SECRET} x}}]",
        f'targets: [{{name: a, address: a, username: u, password: "\\{SECRET}"}}]',
        f"targets:\n  - password={SECRET}: x",
        f"targets: [password:{SECRET}]",
        f"password: {SECRET}: x",
        f"password: @{SECRET}",
        f"password: {SECRET}\npassword: {SECRET}",
        f"web: {{token: {SECRET}}}",
        f"web: {{token_env: '{SECRET}-x'}}",
        f"web: {SECRET}",
        f"xen_orchestra: [{{name: xo, url: 'https://x:{SECRET}@xo', token_env: T}}]",
        f"xen_orchestra: [{{name: xo, url: 'https://xo/?t={SECRET}', token_env: T}}]",
        f"database: mysql://u:{SECRET}@h/x",
        f"slack: {{bot_token: {SECRET}}}",
        f"alerts: {{channel: xoxb-{SECRET}}}",
        f"list: {{url: 'ftp://u:{SECRET}@h/x'}}",
    ],
)
def test_a_bad_file_is_told_without_its_secret(told: Told, text: str) -> None:
    lines = told(text)
    assert lines
    assert SECRET not in "\n".join(lines)


@pytest.mark.parametrize(
    "environ",
    [
        {"DATABASE_URL": f"mysql://u:{SECRET}@h/x"},
        {"XOCOMPAT_DATABASE": f"postgresql://u:{SECRET}@h:x/y"},
        {"XOCOMPAT_TARGETS": f'[{{"password": "{SECRET}"'},
        {"XOCOMPAT_TARGETS": f'[{{"password": "{SECRET}"}}]'},
        {"XOCOMPAT_WEB__TOKEN_ENV": f"{SECRET}-x"},
        {"XOCOMPAT_WEB": SECRET},
        {"XOCOMPAT_NO_KEY": SECRET},
        {"SLACK_API_URL": f"http://u:{SECRET}@h/"},
    ],
)
def test_a_bad_variable_is_told_without_its_secret(told: Told, environ: dict[str, str]) -> None:
    assert SECRET not in "\n".join(told(None, environ))


SECRET_KEYS = ["password", "password_env", "password_file", "token", "token_env", "secret", "database"]
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50)
ANY = SCALAR | st.lists(SCALAR, max_size=2) | st.dictionaries(st.text(max_size=12), SCALAR, max_size=2)
KEYS = st.sampled_from(["name", "address", "username", "tls", "pin", "tags", "also", "lead", "every", "routes"])


@settings(deadline=None)
@given(
    section=st.sampled_from(["targets", "xen_orchestra", "sweep", "alerts", "web", "access", "list", "log"]),
    entry=st.dictionaries(KEYS, ANY, max_size=4),
    many=st.booleans(),
    key=st.sampled_from(SECRET_KEYS),
    secret=st.text("ÅßçÐ", min_size=5, max_size=60),
)
def test_whatever_is_wrong_is_told_on_plain_lines_without_secrets(
    section: str, entry: dict[str, object], many: bool, key: str, secret: str
) -> None:
    assume(secret not in json.dumps(entry, ensure_ascii=False))  # what a name says, too, may be told of the name
    holder: dict[str, object] = {**entry, key: secret}
    environ = {f"XOCOMPAT_{section.upper()}": json.dumps([holder] if many else holder)}
    for line in _lines(None, environ, NOWHERE):
        assert line.isprintable()
        assert secret not in line
        assert len(line) < 400


@settings(deadline=None)
@given(st.text(string.printable, max_size=60))
def test_any_text_is_settings_or_a_list_of_problems(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "any.yaml").write_text(text, newline="")
    assert all(line.isprintable() for line in _lines(Path("any.yaml"), {}, folder))


def _lines(config: Path | None, environ: dict[str, str], cwd: Path) -> tuple[str, ...]:
    try:
        load_settings(config, environ, cwd)
    except ConfigError as error:
        return error.lines
    return ()
