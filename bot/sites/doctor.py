"""Whether a site or a centre can work with its NATS server: TLS, credentials, permissions, streams, dead letters.

Nothing that is tried here leaves a trace: what is published names a stream that there is not, and is refused for that.
"""

import asyncio
import json
import shlex
import ssl
import stat
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js.api import StreamInfo

from bot.catalogue import say_counted
from bot.chat.wording import with_more
from bot.checkup import Check
from bot.sites.nats_client import (
    CONNECT_ERRORS,
    NatsAccount,
    NatsClient,
    SecureClient,
    login_options,
    why_not_connected,
)
from bot.sites.server_config import CENTRE_PERMISSIONS, USER_INFO, SubjectPermissions, is_seed, site_permissions
from bot.sites.subjects import ASK_STREAM, DEAD_STREAM, OBSERVED_STREAM, SiteSubjects
from bot.text import shown

PATIENCE = 5
"""Seconds for the connection, and for each answer."""

FULL = 0.8
"""How much of a stream's room may be taken before that is a warning."""

NO_SUCH_STREAM = "xocompat-doctor"
NO_PULL = b"{"
_OTHER_STREAM = 10060
"""The server's code for a message that names another stream than the one that would take it (JSStreamNotMatchErr)."""

_SERVE = "it is made by `serve` at the centre: start that, with `sites` in its configuration"


def examine_site(name: str, account: NatsAccount) -> tuple[Check, ...]:
    """What a site's worker needs, check by check in the order in which to mend them. Blocks, half a minute at most."""
    return asyncio.run(_examined("site", account, SiteSubjects(name).inbox, lambda client: _site(client, name)))


def examine_centre(account: NatsAccount, expected: Sequence[str]) -> tuple[Check, ...]:
    """What a centre needs; `expected` are the sites that it misses. As `examine_site`."""
    return asyncio.run(_examined("sites", account, "_INBOX", lambda client: _centre(client, expected)))


async def _examined(
    section: str, account: NatsAccount, inbox: str, examine: Callable[[Client], AsyncIterator[Check]]
) -> tuple[Check, ...]:
    """`section` is that of the configuration which names the server."""
    checks = [*_files(section, account)]
    if any(not check.ok for check in checks):
        return tuple(checks)
    client = SecureClient() if account.secure else NatsClient()

    async def refuse(error: Exception) -> None:
        """The client would try the same again and again, and in the end tell only that no server is left."""
        if not client.is_connected:
            raise error

    try:
        await client.connect(
            account.url,
            name="xocompat doctor",
            inbox_prefix=inbox,
            allow_reconnect=False,
            connect_timeout=PATIENCE,
            error_cb=refuse,
            **login_options(account),
        )
    except CONNECT_ERRORS as error:
        with suppress(TimeoutError, OSError, AssertionError):  # after a handshake that failed it would wait for ever
            await asyncio.wait_for(client.close(), 0.2)
        return (*checks, _not_connected(section, account, error))
    try:
        server = f"{account.url} answers ({shown(str(client.connected_server_version).strip('<>'), 40)})"
        checks.append(Check("nats server", True, server))
        checks.append(_on_the_way(section, account))
        checks += [check async for check in examine(client)]
    except (TimeoutError, OSError, nats.errors.Error, nats.js.errors.Error) as error:
        checks.append(Check("nats server", False, f"it stopped answering: {why_not_connected(error)}", "try once more"))
    finally:
        await client.close()
    return tuple(checks)


def _files(section: str, account: NatsAccount) -> Iterator[Check]:
    """The files that the configuration names."""
    for key, path in (("credentials_file", account.credentials), ("ca", account.ca)):
        if path is None:
            continue
        name = f"nats {key}"
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            yield Check(name, False, f"{path} cannot be read: {why}", f"look at `{section}.{key}`")
            continue
        if key == "ca":
            try:
                ssl.create_default_context(cadata=text)
            except (ssl.SSLError, ValueError):
                yield Check(name, False, f"{path} holds no certificate (PEM)", f"look at `{section}.{key}`")
            continue
        if "BEGIN NATS USER JWT" not in text and not is_seed(text.encode()):
            mend = "it must be what `xocompat sites config` made (NAME.nk), or a user's .creds"
            yield Check(name, False, f"{path} holds neither a seed nor a user's JWT", mend)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            allowed = f"others on this machine may use {path} (mode {stat.S_IMODE(mode):03o})"
            yield Check(name, True, allowed, f"chmod 600 {shlex.quote(str(path))}")


def _not_connected(section: str, account: NatsAccount, error: Exception) -> Check:
    """Why there is no connection, and where to look."""
    why = why_not_connected(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        mend = f"`{section}.ca` must have the CA that signed it, and `{section}.url` a name that it is made for"
        return Check("nats tls", False, why, mend)
    if isinstance(error, ssl.SSLError) or "TLS" in str(error):
        return Check("nats tls", False, f"no TLS with {account.url}: {why}", f"look at `{section}.url` and its log")
    if "authorization" in str(error).casefold():
        mend = "is this user in its configuration? After a change there: nats-server --signal reload"
        return Check("nats credentials", False, "the server does not know them", mend)
    mend = f"does it run, is `{section}.url` its address, and does a firewall let this connection out?"
    return Check("nats server", False, f"{account.url} cannot be reached: {why}", mend)


def _on_the_way(section: str, account: NatsAccount) -> Check:
    """Whether others can read along."""
    if account.secure:
        return Check("nats tls", True, "the server's certificate was checked")
    mend = f"give the server a certificate, and let `{section}.url` begin with tls://"
    return Check("nats tls", True, "nothing says that it must be TLS, so others may read along", mend)


async def _site(client: Client, name: str) -> AsyncIterator[Check]:
    subjects = SiteSubjects(name)
    async for check in _permissions(client, site_permissions(name), is_strict=True):
        yield check
    try:
        await client.request(subjects.pull, NO_PULL, timeout=PATIENCE)  # refused, and so nothing is taken
        yield Check("nats queue", True, f"the centre has one for {name}")
    except nats.errors.NoRespondersError:
        yield Check("nats queue", True, f"there is none for {name} yet", _SERVE)
    except nats.errors.TimeoutError:
        yield Check("nats queue", False, f"{subjects.pull} could not be published", "look at the permissions")
    try:
        headers = {"Nats-Expected-Stream": NO_SUCH_STREAM}
        answer = await client.request(subjects.observed, b"", timeout=PATIENCE, headers=headers)
        code = _data(answer.data).get("error", {}).get("err_code")
        if code == _OTHER_STREAM:
            yield Check("nats observations", True, "the server would take what this site finds")
        else:
            mend = "see to it that a stream of JetStream's has this subject alone"
            yield Check("nats observations", False, f"no stream takes {subjects.observed}", mend)
    except nats.errors.NoRespondersError:
        mend = f"{_SERVE}; if it runs and the site is new, reload nats-server once more"
        yield Check("nats observations", True, "nothing takes what this site finds yet", mend)
    except nats.errors.TimeoutError:
        yield Check(
            "nats observations", False, f"{subjects.observed} could not be published", "look at the permissions"
        )


async def _centre(client: Client, expected: Sequence[str]) -> AsyncIterator[Check]:
    async for check in _permissions(client, CENTRE_PERMISSIONS, is_strict=False):
        yield check
    manager = client.jsm()
    try:
        await manager.account_info()
    except (nats.js.errors.Error, nats.errors.NoRespondersError, nats.errors.TimeoutError) as error:
        mend = "give the server, and this account of it, `jetstream` in its configuration"
        yield Check("nats jetstream", False, f"JetStream could not be asked: {why_not_connected(error)}", mend)
        return
    for name in (ASK_STREAM, OBSERVED_STREAM, DEAD_STREAM):
        try:
            info = await manager.stream_info(name)
        except nats.js.errors.NotFoundError:
            yield Check(f"nats stream {name}", True, "it is not there yet", _SERVE)
            continue
        yield _stream(name, info)
    for site in expected:
        try:
            queue = await manager.consumer_info(ASK_STREAM, site, PATIENCE)
        except nats.js.errors.NotFoundError:
            yield Check(
                f"site {site}", True, "it has no queue yet, so it was never heard", "does `xocompat site` run there?"
            )
            continue
        waiting = (queue.num_pending or 0) + (queue.num_ack_pending or 0)
        pulls = queue.num_waiting or queue.num_ack_pending
        text = say_counted(waiting, "{count} chunk of a sweep in its queue", "{count} chunks of a sweep in its queue")
        if pulls:
            yield Check(f"site {site}", True, text)
        else:
            yield Check(f"site {site}", True, f"{text}, and nobody takes any", "does `xocompat site` run there?")


def _stream(name: str, info: StreamInfo) -> Check:
    """How full a stream is, and what that means."""
    held, most = info.state.bytes, info.config.max_bytes or 0
    text = f"{say_counted(info.state.messages, '{count} message', '{count} messages')}, {_size(held)}"
    if most > 0:
        text += f" of {_size(most)}"
    if name == DEAD_STREAM and info.state.messages:
        mend = f"`nats stream view {name}` shows them; `nats stream purge {name}` once they were looked at"
        return Check(f"nats stream {name}", True, f"{text}: these could not be recorded and were set aside", mend)
    if most > 0 and held >= FULL * most:
        reader = "the sites' workers" if name == ASK_STREAM else "`serve`"
        return Check(f"nats stream {name}", True, f"{text}: nearly full", f"do {reader} take what is in it?")
    return Check(f"nats stream {name}", True, text)


async def _permissions(client: Client, needed: SubjectPermissions, *, is_strict: bool) -> AsyncIterator[Check]:
    """What the server says that this user may do, against what it needs; `is_strict`: and nothing else."""
    name = "nats permissions"
    try:
        answer = await client.request(USER_INFO, b"", timeout=PATIENCE)
    except (nats.errors.NoRespondersError, nats.errors.TimeoutError):
        mend = f"let this user publish to {USER_INFO}, as in what `xocompat sites config` prints"
        yield Check(name, True, "the server does not tell them, so they were not checked", mend)
        return
    told = _data(answer.data).get("data", {}).get("permissions") or {}
    missing: list[str] = []
    surplus: list[str] = []
    for verb, wanted in (("publish", needed.publish), ("subscribe", needed.subscribe)):
        rules = told.get(verb) or {}
        allow, deny = rules.get("allow") or [">"], rules.get("deny") or []
        missing += (f"{verb} to {s}" for s in wanted if s != USER_INFO and not _may(s, allow, deny))
        surplus += (f"{verb} to {s}" for s in allow if not any(covers(own, s) for own in wanted) and s not in deny)
    remedy = "`xocompat sites config` prints what is right"
    if missing:
        yield Check(name, False, f"it may not {with_more(missing, 3)}", remedy)
    elif surplus and is_strict:
        yield Check(name, True, f"it may {with_more(surplus, 3)}, more than it needs", remedy)
    else:
        yield Check(name, True, "they are enough, and no more" if is_strict else "they are enough")
    if "responses" not in told and told and not _may("_INBOX.>", (told.get("publish") or {}).get("allow") or [">"], ()):
        yield Check(name, False, "it may not answer what it is asked", f"allow_responses: {remedy}")


def _may(subject: str, allow: Iterable[str], deny: Iterable[str]) -> bool:
    return any(covers(rule, subject) for rule in allow) and not any(covers(rule, subject) for rule in deny)


def covers(rule: str, subject: str) -> bool:
    """Whether all subjects that the second stands for are among those of the first; both may have wildcards."""
    rules, tokens = rule.split("."), subject.split(".")
    for at, token in enumerate(rules):
        if token == ">":
            return len(tokens) > at
        if at >= len(tokens) or tokens[at] == ">" or (token not in ("*", tokens[at])):
            return False
    return len(rules) == len(tokens)


def _data(body: bytes) -> dict[str, Any]:
    """An answer of the server's; empty where it is none."""
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _size(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB"
