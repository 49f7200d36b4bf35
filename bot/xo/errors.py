"""What can go wrong with a Xen Orchestra, in the user's words, besides what can go wrong with any address.

`{password_from}` is the variable of its token. Nothing that the server said is put into words.
"""

from bot.xapi import errors
from bot.xapi.errors import LATER, REACHABLE, ErrorSubject, ProbeError
from bot.xapi.observation import FailureCode

SUBJECT = ErrorSubject(
    api="Xen Orchestra's REST API",
    place="`url` in the configuration",
    key="url",
    service="web server",
    log="log",
    most="an inventory",
    kind="a Xen Orchestra",
    pin_it="set its new `pin` under `tls` of {name}",
)

_BEHIND_A_PROXY = frozenset({502, 503, 504})


def of_status(status: int) -> ProbeError:
    """What an HTTP status other than 200 means. A redirect is not followed: the token is for this address alone."""
    if status == 401:
        return token_refused()
    if status == 403:
        return not_authorized()
    if status in _BEHIND_A_PROXY:
        what = f"Something answers for {{who}}, but not {{who}} itself (HTTP status {status})."
        return ProbeError(FailureCode.UNREACHABLE, what, REACHABLE)
    if 300 <= status < 400:
        return errors.not_xapi(f"with a redirect (HTTP status {status}), which is not followed")
    if status in (400, 429, 500):
        return errors.bad_reply(f"refused with HTTP status {status}")
    return errors.not_xapi(f"with HTTP status {status}")


def no_token(why: str) -> ProbeError:
    """`why` is a sentence of ours, with no secret in it."""
    return ProbeError(FailureCode.LOGIN_REFUSED, "There is no token to ask {who} with: {why}", why=why)


def malformed_token() -> ProbeError:
    what = "{who} was not asked: the token in {password_from} has characters that no token has."
    return ProbeError(FailureCode.LOGIN_REFUSED, what, "Copy it again from Xen Orchestra, without quotes or spaces.")


def token_refused() -> ProbeError:
    what = "{who} refused the token in {password_from}: it has expired, was deleted, or is not whole."
    mend = "Make a new one in Xen Orchestra, set {password_from} to it and start again."
    return ProbeError(FailureCode.LOGIN_REFUSED, what, mend)


def not_authorized() -> ProbeError:
    what = "{who} knows the token in {password_from}, but does not let its user read."
    mend = "Let that user read hosts and pools (from Xen Orchestra 6.4 on; before, only an admin may use the API)."
    return ProbeError(FailureCode.NOT_AUTHORIZED, what, mend)


def lists_no_host() -> ProbeError:
    mend = "May the user of the token in {password_from} read hosts and pools, and is any server connected there?"
    return ProbeError(FailureCode.NOT_AUTHORIZED, "{who} let us in, but shows no host.", mend)


def no_host_runs(count: int) -> ProbeError:
    what = f"{{who}} is up, but sees none of its {count} hosts running."
    return ProbeError(FailureCode.UNREACHABLE, what, "Look at `Settings > Servers` there.")


def timed_out(seconds: float) -> ProbeError:
    return ProbeError(FailureCode.TIMEOUT, f"{{who}} had not told its hosts after {seconds:.3g} seconds.", LATER)
