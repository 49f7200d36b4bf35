"""What an account may do at a host, as the host says: a bot that reads needs no more than to read."""

from enum import StrEnum
from typing import NamedTuple

from bot.xapi.bounds import Deadline
from bot.xapi.records import boolean
from bot.xapi.session import XapiSession
from bot.xapi.target import TlsMode

_OF_WRITERS = frozenset({"vm.start", "host.disable", "pool.sync_database"})
"""Permissions of the roles above read-only: each has those of the ones below, and vm-operator, the lowest, may start
VMs."""


class Account(StrEnum):
    """What an account may do. Local accounts are root, whatever they are called; roles need a directory."""

    SUPERUSER = "local superuser"
    WRITER = "more than read"
    READER = "read-only"
    UNKNOWN = "not told"


class Admission(NamedTuple):
    """A login that worked: where in the end, how that certificate was trusted, and what the account may do there."""

    target: str
    address: str
    tls: TlsMode
    account: Account


def account_of(session: XapiSession, deadline: Deadline) -> Account:
    """What a session's account may do. Hosts before 5.6 know no roles, and those before 5.5 no users but root."""
    if boolean({"is": session.own("is_local_superuser", deadline)}, "is"):
        return Account.SUPERUSER
    permissions = session.own("rbac_permissions", deadline)
    if not isinstance(permissions, list) or not permissions:
        return Account.UNKNOWN
    may_write = any(isinstance(name, str) and name.lower() in _OF_WRITERS for name in permissions)
    return Account.WRITER if may_write else Account.READER
