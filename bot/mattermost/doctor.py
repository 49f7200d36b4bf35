"""Whether the settings work with Mattermost: each thing that must be right, tried, with what to do where it is not."""

import re
from collections.abc import Iterator, Mapping, Sequence

import requests

from bot.checkup import Check
from bot.mattermost.callbacks import COMMAND_PATH
from bot.mattermost.client import MattermostClient
from bot.mattermost.directory import Directory, Member
from bot.mattermost.errors import MattermostError
from bot.text import shown

OLDEST = (11, 7)
"""The oldest version that is supported, an extended support release."""


def examine(
    client: MattermostClient, channels: Mapping[str, str], groups: Sequence[str] = (), callback: str | None = None
) -> tuple[Check, ...]:
    """All checks, in the order in which to mend things. No token is ever shown.

    `channels` are those that alerts go to, by the key that names each; `groups` are those that grants name. Without a
    `callback` there are neither commands nor buttons.
    """
    directory = Directory(client)
    try:
        me = directory.me()
    except MattermostError as error:
        mend = "set it to the bot's token" if error.refused else "check the network, `mattermost.url`, `mattermost.ca`"
        return (Check("mattermost token", False, error.text, mend),)
    return (
        Check("mattermost token", True, f"@{shown(me.name, 80)} at {client.url}"),
        *_server(client, callback),
        *_channels(client, channels, directory, me),
        *_groups(groups, directory, me),
        *_callback(callback),
    )


def _server(client: MattermostClient, callback: str | None) -> Iterator[Check]:
    try:
        told = client.get("/config/client", format="old")
    except MattermostError as error:
        yield Check("mattermost server", False, error.text)
        return
    version = shown(str(told.get("Version")), 40)
    numbers = re.match(r"(\d+)\.(\d+)", version)
    is_new = numbers is not None and (int(numbers[1]), int(numbers[2])) >= OLDEST
    mend = "" if is_new else f"update the server to {OLDEST[0]}.{OLDEST[1]} or newer"
    yield Check("mattermost version", is_new, version, mend)
    if callback and told.get("EnableCommands") == "false":
        mend = "turn on Enable Custom Slash Commands in the System Console"
        yield Check("mattermost commands", False, "the server has slash commands switched off", mend)
    limit = str(told.get("PostEditTimeLimit") or "-1")
    if limit != "-1":
        said = f"posts can be edited for {shown(limit, 12)} seconds: an alert that changes later is posted anew"
        yield Check("mattermost edits", True, said)


def _channels(
    client: MattermostClient, channels: Mapping[str, str], directory: Directory, me: Member
) -> Iterator[Check]:
    for key, channel in channels.items():
        try:
            room = directory.room(channel)
            client.get(f"/channels/{room.id}/members/{me.id}")
        except MattermostError as error:
            mend = f"type /invite @{me.name} there" if error.id else ""
            yield Check(key, False, f"{channel}: {'the bot is not in it' if error.is_missing else error.text}", mend)
        else:
            yield Check(key, True, f"the bot is in {channel}")


def _groups(groups: Sequence[str], directory: Directory, me: Member) -> Iterator[Check]:
    if groups and directory.in_group(groups[0], me.who) is None:
        said = f"the server does not tell who is in a group ({directory.group_fault})"
        yield Check("access.grants", False, said, "grant to users: groups take a licence, and the right to read them")


def _callback(callback: str | None) -> Iterator[Check]:
    """As far as can be told from here: Mattermost may see another network."""
    if not callback:
        yield Check("mattermost callback", True, "without `mattermost.callback_url` only mentions are answered")
        return
    try:
        status = requests.post(f"{callback}{COMMAND_PATH}", timeout=5, allow_redirects=False).status_code
    except requests.RequestException:
        said = "nothing answers there from here: `xocompat serve` does not run, or it is reached from elsewhere alone"
        yield Check("mattermost callback", True, f"{callback}: {said}")
        return
    mend = "" if status == 401 else f"have the proxy lead /mattermost/ to xocompat (HTTP {status} came back)"
    said = "xocompat answers" if status == 401 else "something else answers"
    yield Check("mattermost callback", status == 401, f"{said} at {callback}", mend)
