"""What of the settings counts for Mattermost, and what for Slack: neither's grants are the other's."""

from pathlib import Path

import pytest

from bot.app.configuration import check_variables, command_tokens, grants, mattermost_problems, set_up_log
from bot.app.serve import ChatWay, hosts_of_pages
from bot.chat.channels import ChannelKind
from bot.errors import ConfigError
from bot.settings import load_settings
from bot.settings.model import Settings
from bot.web.listen import EVERYWHERE, LOOPBACK

CONFIG = """
mattermost: {url: https://chat.example.org, callback_url: https://bot.example.org}
access:
  grants:
    - {who: "mattermost:ann", may: [operate]}
    - {who: "mattermost:@keepers", where: C0000001, may: [operate]}
    - {who: "*", where: "mattermost:lab/ops", may: [fleet]}
    - {who: "*", where: C0000001, may: [fleet]}
    - {who: "*", may: [probe]}
    - {who: U0000001, may: [operate]}
    - {who: S0000001, where: "mattermost:lab/ops", may: [operate]}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    file = tmp_path / "xocompat.yaml"
    file.write_text(CONFIG)
    return load_settings(file, {}, tmp_path)


def test_a_grant_counts_on_its_own_platform_alone(settings: Settings) -> None:
    named = {kind: [(each.who, each.is_of_group) for each in grants(settings, kind)] for kind in ChannelKind}
    assert named[ChannelKind.MATTERMOST] == [("mattermost:ann", False), ("mattermost:@keepers", True), ("*", False)]
    assert named[ChannelKind.SLACK] == [("*", False), ("*", False), ("U0000001", False), ("S0000001", True)]
    assert all(each.where for each in grants(settings, ChannelKind.MATTERMOST) if each.who == "*")
    assert named[ChannelKind.NOTIFY] == []


def test_tokens_of_commands_are_one_or_one_for_each_team(settings: Settings) -> None:
    name = "MATTERMOST_COMMAND_TOKEN"
    assert command_tokens(settings, {name: " one "}) == {"": "one"}
    assert command_tokens(settings, {name: "lab=one, ops=two"}) == {"lab": "one", "ops": "two"}
    for wrong in ("", "lab=", "lab=one,two", "lab=one,lab=two"):
        with pytest.raises(ConfigError, match=name):
            command_tokens(settings, {name: wrong})


def test_all_variables_that_are_missing_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MATTERMOST_TOKEN", "MATTERMOST_COMMAND_TOKEN", "HOOK"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "xocompat.yaml").write_text(CONFIG + "notify: [{name: hook, url_env: HOOK}]\n")
    settings = load_settings(tmp_path / "xocompat.yaml", {}, tmp_path)
    with pytest.raises(ConfigError) as error:
        check_variables(settings, chats=True)
    named = [line.partition(":")[0] for line in error.value.lines]
    assert named == ["MATTERMOST_TOKEN", "MATTERMOST_COMMAND_TOKEN", "HOOK"]
    with pytest.raises(ConfigError) as error:  # who only sends takes no commands
        check_variables(settings, chats=False)
    assert "MATTERMOST_COMMAND_TOKEN" not in str(error.value.lines)


@pytest.mark.parametrize(
    ("token", "command", "told"),
    [
        ('"of-the-bot"', "one", ["MATTERMOST_TOKEN: has quotes"]),
        ("of-the-bot", "'one'", ["MATTERMOST_COMMAND_TOKEN: has quotes"]),
        (
            "\ufeffof-the-bot",
            "lab=one,ops=“two”",
            ["MATTERMOST_TOKEN: has a char", "MATTERMOST_COMMAND_TOKEN: has quotes"],
        ),
        (
            "of the-bot",
            "export MATTERMOST_COMMAND_TOKEN=one",
            ["MATTERMOST_TOKEN: has white", "MATTERMOST_COMMAND_TOKEN: has the"],
        ),
        ("MATTERMOST_TOKEN=of-the-bot", "one", ["MATTERMOST_TOKEN: has the variable's name"]),
        ("xoxb-of-the-bot", "lab=one", ["MATTERMOST_TOKEN: holds a token of Slack's"]),
        (" of-the-bot\n", " lab=one , ops=two\n", []),
    ],
)
def test_what_is_seen_to_be_wrong_with_a_token_is_told_and_not_shown(
    settings: Settings, token: str, command: str, told: list[str]
) -> None:
    found = mattermost_problems(settings, {"MATTERMOST_TOKEN": token, "MATTERMOST_COMMAND_TOKEN": command})
    assert [str(each).startswith(line) for each, line in zip(found, told, strict=True)] == [True] * len(told), found
    assert not [each for each in found if "of-the-bot" in str(each) or "one" in str(each).split()]


def test_a_token_without_the_address_is_a_half_unless_it_may_be_another_programs(tmp_path: Path) -> None:
    token = {"MATTERMOST_TOKEN": "of-the-bot"}
    (half,) = mattermost_problems(load_settings(None, token, tmp_path), token)
    assert str(half).startswith("MATTERMOST_TOKEN: is set, and `mattermost.url` is not")
    slack = load_settings(None, {"SLACK_BOT_TOKEN": "xoxb-1", **token}, tmp_path)
    assert mattermost_problems(slack, token) == []


def test_tokens_are_hidden_in_the_log(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATTERMOST_TOKEN", "token-of-the-bot-1")
    monkeypatch.setenv("MATTERMOST_COMMAND_TOKEN", "lab=token-of-lab-1,ops=token-of-ops-1")
    hidden: list[str] = []
    monkeypatch.setattr("bot.app.configuration.logs.configure", lambda _, __, secrets: hidden.extend(secrets))
    set_up_log(settings)
    assert hidden == ["token-of-the-bot-1", "token-of-lab-1", "token-of-ops-1"]


def test_where_mattermost_reaches_it_from_elsewhere_it_listens_everywhere(settings: Settings) -> None:
    assert hosts_of_pages(settings, ChatWay.NONE) == EVERYWHERE
    near = settings.mattermost.model_copy(update={"callback_url": "http://127.0.0.1:3000"})
    assert hosts_of_pages(settings.model_copy(update={"mattermost": near}), ChatWay.NONE) == LOOPBACK
