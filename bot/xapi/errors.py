"""What can go wrong with a probe, in the user's words: what happened, and what to do about it.

Each function makes a ProbeError to raise. Its texts are templates: `{who}` is the target, or its coordinator after a
redirect; `{name}`, `{user}` and `{password_from}` are the target's; what kind of thing was asked comes from an
ErrorSubject. Nothing that a host sent is put into them but a code of capital letters, and an address that is one.
"""

from typing import NamedTuple

from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint

REACHABLE = "Is the host up, and is the management network reachable from here?"
LATER = "Is it starting or very busy? Try again in a few minutes."


class ErrorSubject(NamedTuple):
    """The words for the kind of thing that is asked; the defaults are those for a XAPI host.

    `api` is what it should speak, `kind` what it should be, `service` what must run there, `log` the log to read,
    `most` what needs no more bytes than are allowed. `place` and `key` say where its address stands, in words and as a
    key of the configuration. `pin_it` says how the certificate of `{name}` is pinned.
    """

    api: str = "XAPI"
    place: str = "address and port"
    key: str = "address"
    service: str = "toolstack"
    log: str = "XAPI log"
    most: str = "a pool"
    kind: str = "a XAPI host"
    pin_it: str = "`xocompat trust {name}`"


HOST = ErrorSubject()


class ProbeError(Exception):
    """Ends a probe. `what` and `mend` are templates of our own; `facts` are put in as they are, and never read as one.

    `at` is the endpoint where it happened, once that is known.
    """

    def __init__(self, code: FailureCode, what: str, mend: str = "", **facts: str) -> None:
        super().__init__(code.value)
        self.code = code
        self.what = what
        self.mend = mend
        self.facts = facts
        self.at: Endpoint | None = None

    def failure(
        self,
        name: str,
        endpoint: Endpoint,
        user: str = "",
        password_from: str = "",
        subject: ErrorSubject = HOST,
        other: str = "coordinator",
    ) -> Failure:
        """The failure to report for a target of that name and endpoint, whose credentials come from `password_from`.

        `other` is what a host at another endpoint is to the target.
        """
        elsewhere = self.at is not None and self.at != endpoint
        facts = {
            **subject._asdict(),
            **self.facts,
            "name": name,
            "who": f"{name}'s {other} {self.at}" if elsewhere else name,
            "pin_it": subject.pin_it.format(name=f"{name} {self.at}" if elsewhere else name),
            "user": user,
            "password_from": password_from,
        }
        return Failure(name, self.code, self.what.format(**facts), self.mend.format(**facts))


def connection_refused() -> ProbeError:
    return ProbeError(FailureCode.UNREACHABLE, "{who} did not answer: nothing listens on its address.", REACHABLE)


def no_route() -> ProbeError:
    return ProbeError(FailureCode.UNREACHABLE, "{who} cannot be reached: no way leads to its address.", REACHABLE)


def name_not_found(host: str) -> ProbeError:
    what = "{who} was not found: no address is known for the name {host}."
    return ProbeError(FailureCode.UNREACHABLE, what, "Check `{key}` in the configuration, and DNS.", host=host)


def closed_in_handshake() -> ProbeError:
    what = "{who} closed the connection before it showed a certificate."
    return ProbeError(FailureCode.UNREACHABLE, what, "Is its {service} up, and is it the right port?")


def connect_timeout(seconds: float) -> ProbeError:
    return ProbeError(FailureCode.TIMEOUT, f"{{who}} did not answer within {seconds:.3g} seconds.", REACHABLE)


def login_timeout(seconds: float) -> ProbeError:
    return ProbeError(FailureCode.TIMEOUT, f"{{who}} did not answer the login within {seconds:.3g} seconds.", LATER)


def reply_timeout(seconds: float) -> ProbeError:
    what = f"{{who}} let us in, but had not told what it runs after {seconds:.3g} seconds."
    return ProbeError(FailureCode.TIMEOUT, what, LATER)


def not_tls() -> ProbeError:
    return ProbeError(FailureCode.NOT_XAPI, "What listens on {who} does not speak TLS.", "Check its {place}.")


def untrusted(why: str) -> ProbeError:
    """`why` completes "its certificate ...": our own words."""
    what = "{who} was not asked, because its certificate {why}; nothing was sent."
    mend = "To trust this very certificate: {pin_it}. Or name its authority as `ca` under `tls` in the configuration."
    return ProbeError(FailureCode.TLS_UNTRUSTED, what, mend, why=why)


def unreadable_ca() -> ProbeError:
    what = "{who} was not asked: the file under its `tls: ca` cannot be read or holds no certificate."
    return ProbeError(FailureCode.TLS_UNTRUSTED, what, "Mend it.")


def tls_failed(reason: str) -> ProbeError:
    """`reason` is OpenSSL's name for it."""
    what = "No TLS connection to {who} could be made ({reason}), so nothing was sent."
    return ProbeError(FailureCode.TLS_UNTRUSTED, what, "Check its {place}.", reason=reason)


def pin_mismatch() -> ProbeError:
    what = "{who} showed another certificate than the pinned one, so nothing was sent."
    return ProbeError(FailureCode.TLS_PIN_MISMATCH, what, "If it was replaced on purpose: {pin_it}.")


def tls_too_old(minimum: str) -> ProbeError:
    what = "{who} speaks only an older TLS than {minimum}, or ciphers as old, so nothing was sent."
    mend = (
        'If it cannot be upgraded, allow that for this host alone: a lower `minimum` (down to "1.0") under `tls` '
        "in the configuration."
    )
    return ProbeError(FailureCode.TLS_TOO_OLD, what, mend, minimum=minimum)


def login_refused() -> ProbeError:
    mend = "The password comes from {password_from}: mend it before you try again."
    return ProbeError(FailureCode.LOGIN_REFUSED, "{who} refused the login of user {user}.", mend)


def no_password(why: str) -> ProbeError:
    """`why` is a sentence of ours, with no secret in it."""
    return ProbeError(FailureCode.LOGIN_REFUSED, "There is no password to log in to {who} with: {why}", why=why)


def login_not_in_xml() -> ProbeError:
    what = (
        "{who} speaks only XML-RPC, which cannot carry some character of the user name or of the password from "
        "{password_from}."
    )
    return ProbeError(FailureCode.LOGIN_REFUSED, what, "Change the password.")


def not_authorized() -> ProbeError:
    what = "{who} knows user {user}, but does not let it read."
    return ProbeError(FailureCode.NOT_AUTHORIZED, what, "Give it the role read-only.")


def booting(code: str) -> ProbeError:
    what = "{who} is starting, or cut off from its pool, and answers nothing but that ({xapi})."
    mend = "Try again in a few minutes; if it stays so, look at `xe host-is-in-emergency-mode` there."
    return ProbeError(FailureCode.BOOTING, what, mend, xapi=code)


def coordinator_not_listed(address: str) -> ProbeError:
    """`address` is where the host redirected us: checked to be one, or words for what it is instead."""
    what = (
        "{who} is not its pool's coordinator and leads to {address}, which is not listed for {name}, so it was not "
        "followed."
    )
    mend = "If that is right, add the address to `also` of {name}."
    return ProbeError(FailureCode.COORDINATOR_REFUSED, what, mend, address=address)


def second_redirect() -> ProbeError:
    what = "{who} leads to yet another coordinator, which is not followed."
    return ProbeError(FailureCode.COORDINATOR_REFUSED, what, "Is the pool changing it just now? Try later.")


def not_xapi(what: str) -> ProbeError:
    """`what` completes "it answered ...": our own words."""
    said = "What answers on {who} is not {api}: it answered {detail}."
    return ProbeError(FailureCode.NOT_XAPI, said, "Check its {place}.", detail=what)


def bad_reply(what: str) -> ProbeError:
    """`what` completes "it ...": our own words."""
    said = "{who} gave an answer that cannot be used: it {detail}."
    return ProbeError(FailureCode.BAD_REPLY, said, "Try again; if it stays so, look at its {log}.", detail=what)


def too_large(what: str) -> ProbeError:
    """`what` is what there is too much of: our own words."""
    said = "{who} sent {detail}, more than {most} needs, so reading was stopped."
    return ProbeError(FailureCode.REPLY_TOO_LARGE, said, "Is it really {kind}?", detail=what)
