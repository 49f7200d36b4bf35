"""What can go wrong with a Xen Orchestra, in the user's words, besides what can go wrong with any address.

In these texts `{password_from}` is the variable of its token. Nothing that the server sent is put into them.
"""

from bot.catalogue import message, say
from bot.xapi.errors import BAD_REPLY, LATER, NOT_XAPI, REACHABLE, ErrorSubject, ErrorText, ProbeError
from bot.xapi.observation import FailureCode

SUBJECT = ErrorSubject(
    api=message("Xen Orchestra's REST API"),
    place=message("`url` in the configuration"),
    key="url",
    service=message("web server"),
    log=message("log"),
    most=message("an inventory"),
    kind=message("a Xen Orchestra"),
    pin_it=message("set its new `pin` under `tls` of {name}"),
)

NO_TOKEN = ErrorText(  # detail: a sentence that says why, with no secret in it
    FailureCode.LOGIN_REFUSED, "There is no token to ask {who} with: {detail}"
)
MALFORMED_TOKEN = ErrorText(
    FailureCode.LOGIN_REFUSED,
    "{who} was not asked: the token in {password_from} has characters that no token has.",
    "Copy it again from Xen Orchestra, without quotes or spaces.",
)
TOKEN_REFUSED = ErrorText(
    FailureCode.LOGIN_REFUSED,
    "{who} refused the token in {password_from}: it has expired, was deleted, or is not whole.",
    "Make a new one in Xen Orchestra, set {password_from} to it and start again.",
)
NOT_AUTHORIZED = ErrorText(
    FailureCode.NOT_AUTHORIZED,
    "{who} knows the token in {password_from}, but does not let its user read.",
    "Let that user read hosts and pools (from Xen Orchestra 6.4 on; before, only an admin may use the API).",
)
NO_HOST_LISTED = ErrorText(
    FailureCode.NOT_AUTHORIZED,
    "{who} let us in, but shows no host.",
    "May the user of the token in {password_from} read hosts and pools, and is any server connected there?",
)
UNAVAILABLE = ErrorText(  # detail: the HTTP status of a proxy before it
    FailureCode.UNREACHABLE,
    "Something answers for {who}, but not {who} itself (HTTP status {detail}).",
    REACHABLE,
)
TIMED_OUT = ErrorText(FailureCode.TIMEOUT, "{who} had not told its hosts after {detail} seconds.", LATER)
UPDATES_TIMED_OUT = ErrorText(
    FailureCode.TIMEOUT, "{who} had not told which updates its hosts miss after {detail} seconds.", LATER
)
VERSION_TIMED_OUT = ErrorText(FailureCode.TIMEOUT, "{who} had not told its version after {detail} seconds.", LATER)
NO_WEBSOCKET = ErrorText(  # detail: what was answered
    FailureCode.NOT_XAPI,
    "{who} does not tell its version: it takes no WebSocket at /api/ ({detail}), and the description of its API names "
    "none.",
    "Let the proxy before it pass WebSockets on.",
)
NO_VERSION = ErrorText(
    FailureCode.BAD_REPLY,
    "{who} was asked for its version and answered with none.",
    "Is it a Xen Orchestra of these years? Upgrade it.",
)


def error_of_status(status: int) -> ProbeError:
    """What an HTTP status other than 200 means. A redirect is not followed: the token is for this address alone."""
    if status == 401:
        return ProbeError(TOKEN_REFUSED)
    if status == 403:
        return ProbeError(NOT_AUTHORIZED)
    if status in (502, 503, 504):
        return ProbeError(UNAVAILABLE, str(status))
    if 300 <= status < 400:
        return ProbeError(NOT_XAPI, say("with a redirect (HTTP status {status}), which is not followed", status=status))
    if status in (400, 429, 500):
        return ProbeError(BAD_REPLY, say("refused with HTTP status {status}", status=status))
    return ProbeError(NOT_XAPI, say("with HTTP status {status}", status=status))
