"""Whether the settings work with Slack: each thing that must be right, tried, with what to do where it is not."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from slack_sdk import WebClient

from bot.chat.reply import Column, ColumnKind, Table, columns, line
from bot.chat.wording import count_cell, day_cell
from bot.checkup import Check
from bot.matrix.lifecycle import PartialDate
from bot.settings.secret_values import SecretMistake
from bot.slack.errors import FAILURES, MENDS, SlackError, slack_error
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES
from bot.slack.membership import GROUPS_SCOPE, group_error, members_of
from bot.slack.mrkdwn import plain_text
from bot.slack.table_blocks import TableForm, table_blocks
from bot.slack.token_mistakes import APP, BOT, SIGNING, mistakes
from bot.web.answer_headers import server_date

SKEW_MAX = 60.0
"""Seconds. Slack's signatures hold for 300, and the day turns at midnight."""

_INSTALL = "install the app again from `xocompat manifest`"
_GROUP_MENDS = {
    "missing_scope": (f"install the app again from `xocompat manifest` with {GROUPS_SCOPE}, or grant to users"),
    "no_such_subteam": "name a user group that there is (its ID begins with S), or grant to users",
}


@dataclass(frozen=True, slots=True)
class SlackDoctorInput:
    """What is examined; None where it is not set. `channels` are those that alerts go to, by the key that names each.

    `groups` are user groups that grants name. `tables` is the setting of that name. `is_live`: Slack is asked, too,
    whether it knows the blocks that replies are drawn in, in a call without a token.
    """

    bot_token: str | None
    app_token: str | None
    signing_secret: str | None
    channels: Mapping[str, str]
    groups: tuple[str, ...] = ()
    tables: str = "auto"
    is_live: bool = False


def examine(
    patient: SlackDoctorInput, client: Callable[[str], WebClient], now: Callable[[], datetime]
) -> tuple[Check, ...]:
    """All checks, in the order in which to mend things. `client` makes a client for a token. No token is ever shown."""
    tokens = {BOT: patient.bot_token, APP: patient.app_token, SIGNING: patient.signing_secret}
    wrong = {name: found for name, token in tokens.items() if token and (found := mistakes(name, token))}
    known = patient if BOT not in wrong else replace(patient, bot_token=None)
    is_told = APP in wrong or (SIGNING in wrong and not patient.app_token)
    return (
        *(_mistaken(BOT, wrong[BOT]) if BOT in wrong else _bot(patient, client, now)),
        *(() if is_told else [_connection(patient, client)]),
        *(check for name in (APP, SIGNING) for check in _mistaken(name, wrong.get(name, ()))),
        *_channels(known, client),
        *_groups(known, client),
        *(_tables(patient, client) if patient.is_live else ()),
    )


_SAMPLE = Table(
    columns("Release", Column("Hosts", ColumnKind.NUMBER), Column("Ends", ColumnKind.DAY)),
    ((line("XCP-ng 8.3"), count_cell(3), day_cell(PartialDate(2028, 11, 30))),),
    "Hosts by release",
)


def _tables(patient: SlackDoctorInput, client: Callable[[str], WebClient]) -> Iterator[Check]:
    """Whether Slack knows the newest form of a table. A workspace may lack it all the same: sending shows that."""
    if patient.tables == "lines":
        yield Check("tables", True, "they are drawn as lines everywhere, as `slack.tables` says")
        return
    try:
        client("").api_call("blocks.validate", json={"blocks": [*table_blocks(_SAMPLE, TableForm.DATA_TABLE)]})
    except FAILURES as error:
        said = f"Slack does not take the newest form ({slack_error(error).text}): a plainer one takes its place"
        yield Check("tables", True, said)
    else:
        yield Check("tables", True, "Slack takes the newest form")


_NAMES = {BOT: "bot token", APP: "app token", SIGNING: "signing secret"}


def _mistaken(variable: str, found: Iterable[SecretMistake]) -> Iterator[Check]:
    """What can be seen without Slack, which is not asked with such a value."""
    for each in found:
        yield Check(_NAMES[variable], False, f"{variable} {each.what}", each.mend)


def _bot(patient: SlackDoctorInput, client: Callable[[str], WebClient], now: Callable[[], datetime]) -> Iterator[Check]:
    if not patient.bot_token:
        yield Check("bot token", False, "SLACK_BOT_TOKEN is not set", f"set it to the xoxb- token: {_INSTALL}")
        return
    try:
        answer = client(patient.bot_token).auth_test()
    except FAILURES as error:
        fault = slack_error(error, "the bot token")
        yield Check("bot token", False, fault.text, _mend(fault, "SLACK_BOT_TOKEN", "xoxb-"))
        yield from (Check(name, False, "not known without the bot token's answer") for name in ("scopes", "clock"))
        return
    name, team = (plain_text(str(answer.get(key) or "?"), 80) for key in ("user", "team"))
    yield Check("bot token", True, f"{name} in the workspace {team} ({plain_text(str(answer.get('team_id')), 40)})")
    headers = {str(key).lower(): str(value) for key, value in answer.headers.items()}
    yield from _scopes(headers.get("x-oauth-scopes", ""))
    yield _clock(server_date(headers), now())


def _scopes(named: str) -> Iterator[Check]:
    """What the bot must be allowed to do, and what does not work for want of an optional scope: that is no fault."""
    given = {scope.strip() for scope in named.split(",")} - {""}
    missing = [scope for scope in SCOPES if scope not in given]
    if not given:
        yield Check("scopes", True, "Slack does not tell them here")
        return
    if missing:
        yield Check("scopes", False, f"the bot lacks {', '.join(missing)}", _INSTALL)
    else:
        yield Check("scopes", True, ", ".join(scope for scope in (*SCOPES, *OPTIONAL_SCOPES) if scope in given))
    for scope, without in OPTIONAL_SCOPES.items():
        if scope not in given:
            yield Check(f"optional scope {scope}", True, f"not granted: {without}", f"to have it, {_INSTALL}")


def _clock(theirs: datetime | None, ours: datetime) -> Check:
    if theirs is None:
        return Check("clock", True, "Slack does not tell its time here")
    apart = (ours - theirs).total_seconds()
    if abs(apart) > SKEW_MAX:
        side = "ahead of" if apart > 0 else "behind"
        said = f"{abs(apart):.0f} seconds {side} Slack's"
        return Check("clock", False, said, "set it by NTP: signatures hold for 5 minutes")
    return Check("clock", True, f"within {SKEW_MAX:.0f} seconds of Slack's")


def _connection(patient: SlackDoctorInput, client: Callable[[str], WebClient]) -> Check:
    if not patient.app_token:
        if patient.signing_secret:
            return Check("signing secret", True, "it is set: Slack's requests come over HTTP, to /slack/events")
        mend = "set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP"
        return Check("way in", False, "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set", mend)
    try:
        client(patient.app_token).apps_connections_open(app_token=patient.app_token)
    except FAILURES as error:
        fault = slack_error(error, "the app token")
        return Check("app token", False, fault.text, _mend(fault, "SLACK_APP_TOKEN", "xapp-"))
    return Check("app token", True, "Socket Mode opens")


def _channels(patient: SlackDoctorInput, client: Callable[[str], WebClient]) -> Iterator[Check]:
    for key, channel in patient.channels.items() if patient.bot_token else ():
        try:
            found = client(patient.bot_token or "").conversations_info(channel=channel).get("channel") or {}
        except FAILURES as error:
            fault = slack_error(error, "the bot token")
            if fault.code == "missing_scope":
                yield Check(key, True, f"{channel} cannot be looked at without the scope channels:read")
            else:
                yield Check(key, False, f"{channel}: {fault.text}")
            continue
        name = plain_text(str(found.get("name") or channel), 80)
        if found.get("is_archived"):
            yield Check(key, False, f"#{name} is archived", "choose another channel")
        elif found.get("is_member") is False:
            yield Check(key, False, f"the bot is not in #{name}", "type /invite @xocompat there")
        else:
            yield Check(key, True, f"the bot is in #{name}")


def _groups(patient: SlackDoctorInput, client: Callable[[str], WebClient]) -> Iterator[Check]:
    """A grant to a group is worth nothing while Slack does not say who is in it."""
    if not (patient.groups and patient.bot_token):
        return
    for group in patient.groups:
        try:
            count = len(members_of(client(patient.bot_token), group))
        except FAILURES as error:
            fault = group_error(error, "the bot token")
            said = f"who is in {group} is not known: {fault.text}"
            yield Check("access.grants", False, said, _GROUP_MENDS.get(fault.code, ""))
        else:
            yield Check("access.grants", True, f"{group} has {count} members")


def _mend(fault: SlackError, variable: str, prefix: str) -> str:
    if not fault.code:
        return "check the network, the proxy and SLACK_API_URL"
    return f"set {variable} to the app's {prefix} token" if fault.refused and fault.code not in MENDS else ""
