"""XAPI's error codes, as what they mean to a probe (CONTRACT.md section 2)."""

from bot.xapi import trouble
from bot.xapi.said import Refused
from bot.xapi.trouble import Trouble

_EMERGENCY = frozenset(
    {
        "HOST_STILL_BOOTING",
        "HOST_HAS_NO_MANAGEMENT_IP",
        "HOST_MASTER_CANNOT_TALK_BACK",
        "HOST_UNKNOWN_TO_MASTER",
        "HOST_ITS_OWN_SLAVE",
        "HOST_BROKEN",
        "HOST_XAPI_VERSION_HIGHER_THAN_COORDINATOR",
    }
)
"""Answers to any call in emergency mode."""

_NOT_AUTHORIZED = frozenset({"SESSION_AUTHORIZATION_FAILED", "RBAC_PERMISSION_DENIED"})


def trouble_of(refused: Refused, logged_in: bool) -> Trouble:
    """What a refusal means before or after the login. A host in emergency mode may also call it INTERNAL_ERROR."""
    code = refused.code
    if code in _EMERGENCY or (code == "INTERNAL_ERROR" and not logged_in):
        return trouble.booting(code)
    if code == "SESSION_AUTHENTICATION_FAILED" and not logged_in:
        return trouble.login_refused()
    if code in _NOT_AUTHORIZED:
        return trouble.not_authorized()
    if refused.is_xapi:
        return trouble.bad_reply(f"refused with {code}")
    return trouble.bad_reply("refused without a reason") if logged_in else trouble.not_xapi("with an error of its own")
