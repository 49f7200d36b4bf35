"""What can go wrong with a probe, in the user's words: what happened, and what to do next.

Each function gives a Trouble to raise. In its words `{who}` is the target, or its coordinator after a redirect;
`{name}`, `{user}` and `{password_from}` are the target's, `{pin_it}` is how an operator trusts what it shows; what kind
of thing was asked is in the words of a Subject. Nothing that a host said is put into words but a code of capital
letters, and an address that reads like one.
"""

from typing import NamedTuple

from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint

REACHABLE = "Is the host up, and is the management network reachable from here?"
LATER = "Is it starting or very busy? Try again in a few minutes."


class ErrorSubject(NamedTuple):
    """What kind of thing is asked, in words: `api` is what it should speak, `place` what of it to check, `key` where it
    stands in the configuration, `service` what must run there, `log` which log tells more, `most` what needs no more
    than it may send, `kind` what it should be, `pin_it` how a certificate of its `{name}` is trusted.
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
    """Stops a probe. `words` is a template of our own; `facts` are put into it as they are, and never read as one.

    `at` is the endpoint where it happened, once that is known.
    """

    def __init__(self, code: FailureCode, words: str, **facts: str) -> None:
        super().__init__(code.value)
        self.code = code
        self.words = words
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
        """The failure to tell of a target by its name, its own endpoint, and where its login comes from.

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
        return Failure(name, self.code, self.words.format(**facts))


def nothing_listens() -> ProbeError:
    return ProbeError(FailureCode.UNREACHABLE, f"{{who}} did not answer: nothing listens on its address. {REACHABLE}")


def no_route() -> ProbeError:
    return ProbeError(FailureCode.UNREACHABLE, f"{{who}} cannot be reached: no way leads to its address. {REACHABLE}")


def no_such_name(host: str) -> ProbeError:
    words = "{who} was not found: no address is known for the name {host}. Check `{key}` in the configuration, and DNS."
    return ProbeError(FailureCode.UNREACHABLE, words, host=host)


def hung_up() -> ProbeError:
    words = "{who} closed the connection before it showed a certificate. Is its {service} up, and is it the right port?"
    return ProbeError(FailureCode.UNREACHABLE, words)


def slow_connect(seconds: float) -> ProbeError:
    return ProbeError(FailureCode.TIMEOUT, f"{{who}} did not answer within {seconds:.3g} seconds. {REACHABLE}")


def slow_login(seconds: float) -> ProbeError:
    return ProbeError(FailureCode.TIMEOUT, f"{{who}} did not answer the login within {seconds:.3g} seconds. {LATER}")


def slow_reply(seconds: float) -> ProbeError:
    return ProbeError(
        FailureCode.TIMEOUT, f"{{who}} let us in, but had not told what it runs after {seconds:.3g} seconds. {LATER}"
    )


def no_tls() -> ProbeError:
    return ProbeError(FailureCode.NOT_XAPI, "What listens on {who} does not speak TLS. Check its {place}.")


def untrusted(why: str) -> ProbeError:
    """`why` completes "its certificate ...": our own words."""
    words = (
        "{who} was not asked, because its certificate {why}; nothing was sent. "
        "To trust this very certificate: {pin_it}. Or name its authority as `ca` under `tls` in the configuration."
    )
    return ProbeError(FailureCode.TLS_UNTRUSTED, words, why=why)


def unreadable_ca() -> ProbeError:
    words = "{who} was not asked: the file under its `tls: ca` cannot be read or holds no certificate. Mend it."
    return ProbeError(FailureCode.TLS_UNTRUSTED, words)


def tls_failed(reason: str) -> ProbeError:
    """`reason` is OpenSSL's name for it."""
    words = "No TLS connection to {who} could be made ({reason}), so nothing was sent. Check its {place}."
    return ProbeError(FailureCode.TLS_UNTRUSTED, words, reason=reason)


def another_certificate() -> ProbeError:
    words = "{who} showed another certificate than the pinned one, so nothing was sent. "
    return ProbeError(FailureCode.TLS_PIN_MISMATCH, words + "If it was replaced on purpose: {pin_it}.")


def tls_too_old(minimum: str) -> ProbeError:
    words = (
        "{who} speaks only an older TLS than {minimum}, or ciphers as old, so nothing was sent. If it cannot be "
        'upgraded, allow that for this host alone: a lower `minimum` (down to "1.0") under `tls` in the configuration.'
    )
    return ProbeError(FailureCode.TLS_TOO_OLD, words, minimum=minimum)


def login_refused() -> ProbeError:
    words = (
        "{who} refused the login of user {user}. The password comes from {password_from}: mend it before you try again."
    )
    return ProbeError(FailureCode.LOGIN_REFUSED, words)


def no_password(why: str) -> ProbeError:
    """`why` is a sentence of ours, with no secret in it."""
    return ProbeError(FailureCode.LOGIN_REFUSED, "There is no password to log in to {who} with: {why}", why=why)


def unspeakable_login() -> ProbeError:
    words = (
        "{who} speaks only XML-RPC, which cannot carry some character of the user name or of the password from "
        "{password_from}. Change the password."
    )
    return ProbeError(FailureCode.LOGIN_REFUSED, words)


def not_authorized() -> ProbeError:
    words = "{who} knows user {user}, but does not let it read. Give it the role read-only."
    return ProbeError(FailureCode.NOT_AUTHORIZED, words)


def booting(code: str) -> ProbeError:
    words = (
        "{who} is starting, or cut off from its pool, and answers nothing but that ({xapi}). "
        "Try again in a few minutes; if it stays so, look at `xe host-is-in-emergency-mode` there."
    )
    return ProbeError(FailureCode.BOOTING, words, xapi=code)


def led_astray(address: str) -> ProbeError:
    """`address` is where the host wanted to send us: checked to be one, or words for what it is instead."""
    words = (
        "{who} is not its pool's coordinator and leads to {address}, which is not listed for {name}, so it was not "
        "followed. If that is right, add the address to `also` of {name}."
    )
    return ProbeError(FailureCode.COORDINATOR_REFUSED, words, address=address)


def led_again() -> ProbeError:
    words = (
        "{who} leads to yet another coordinator, which is not followed. Is the pool changing it just now? Try later."
    )
    return ProbeError(FailureCode.COORDINATOR_REFUSED, words)


def not_xapi(what: str) -> ProbeError:
    """`what` completes "it answered ...": our own words."""
    words = "What answers on {who} is not {api}: it answered {what}. Check its {place}."
    return ProbeError(FailureCode.NOT_XAPI, words, what=what)


def bad_reply(what: str) -> ProbeError:
    """`what` completes "it ...": our own words."""
    words = "{who} gave an answer that cannot be used: it {what}. Try again; if it stays so, look at its {log}."
    return ProbeError(FailureCode.BAD_REPLY, words, what=what)


def too_large(what: str) -> ProbeError:
    """`what` is what there is too much of: our own words."""
    words = "{who} sent {what}, more than {most} needs, so reading was stopped. Is it really {kind}?"
    return ProbeError(FailureCode.REPLY_TOO_LARGE, words, what=what)
