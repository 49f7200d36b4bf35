"""What can go wrong with a probe, in the user's words: what happened, and what to do about it.

Raised as `ProbeError(BAD_REPLY, "broke off in the middle")`. The texts are messages: `{who}` is the target, or its
coordinator after a redirect; `{name}`, `{user}` and `{password_from}` are the target's; what kind of thing was asked
comes from an ErrorSubject; `{detail}`, said already, from where it happened, in our own words. Nothing that a host sent
is put into them but a code of capital letters, and an address that is one.
"""

from typing import NamedTuple

from bot.catalogue import message, say
from bot.xapi.observation import Failure, FailureCode
from bot.xapi.target import Endpoint

REACHABLE = message("Is the host up, and is the management network reachable from here?")
LATER = message("Is it starting or very busy? Try again in a few minutes.")


class ErrorSubject(NamedTuple):
    """The words for the kind of thing that is asked; the defaults are those for a XAPI host.

    `api` is what it should speak, `kind` what it should be, `service` what must run there, `log` the log to read,
    `most` what needs no more bytes than are allowed. `place` and `key` say where its address stands, in words and as a
    key of the configuration. `pin_it` says how the certificate of `{name}` is pinned.
    """

    api: str = message("XAPI")
    place: str = message("address and port")
    key: str = "address"
    service: str = message("toolstack")
    log: str = message("XAPI log")
    most: str = message("a pool")
    kind: str = message("a XAPI host")
    pin_it: str = message("`xocompat trust {name}`")


HOST = ErrorSubject()


class ErrorText(NamedTuple):
    """What went wrong: its code, a sentence that says so, and what to do about it. Both texts are messages."""

    code: FailureCode
    what: str
    mend: str = ""


class ProbeError(Exception):
    """Ends a probe. `detail`, in the reader's language already, is put into the text as it is: it is no template.

    `at` is the endpoint where it happened, once that is known.
    """

    def __init__(self, text: ErrorText, detail: str = "") -> None:
        super().__init__(text.code.value)
        self.text = text
        self.detail = detail
        self.at: Endpoint | None = None

    @property
    def code(self) -> FailureCode:
        return self.text.code

    def failure(
        self,
        name: str,
        endpoint: Endpoint,
        user: str = "",
        password_from: str = "",
        subject: ErrorSubject = HOST,
        other: str = message("coordinator"),
    ) -> Failure:
        """The failure to report for a target of that name and endpoint, whose credentials come from `password_from`.

        `other` is what a host at another endpoint is to the target.
        """
        elsewhere = self.at is not None and self.at != endpoint
        at = str(self.at)
        who = say("{name}'s {other} {address}", name=name, other=say(other), address=at) if elsewhere else name
        facts = {
            **{field: say(text) for field, text in subject._asdict().items() if field not in ("key", "pin_it")},
            "key": subject.key,
            "detail": self.detail,
            "name": name,
            "who": who,
            "pin_it": say(subject.pin_it, name=f"{name} {at}" if elsewhere else name),
            "user": user,
            "password_from": password_from,
        }
        return Failure(name, self.code, say(self.text.what, **facts), say(self.text.mend, **facts))


CONNECTION_REFUSED = ErrorText(
    FailureCode.UNREACHABLE, "{who} did not answer: nothing listens on its address.", REACHABLE
)
NO_ROUTE = ErrorText(FailureCode.UNREACHABLE, "{who} cannot be reached: no way leads to its address.", REACHABLE)
NAME_NOT_FOUND = ErrorText(  # detail: the name
    FailureCode.UNREACHABLE,
    "{who} was not found: no address is known for the name {detail}.",
    "Check `{key}` in the configuration, and DNS.",
)
CLOSED_IN_HANDSHAKE = ErrorText(
    FailureCode.UNREACHABLE,
    "{who} closed the connection before it showed a certificate.",
    "Is its {service} up, and is it the right port?",
)
CONNECT_TIMEOUT = ErrorText(  # detail: seconds, as of the two that follow
    FailureCode.TIMEOUT, "{who} did not answer within {detail} seconds.", REACHABLE
)
LOGIN_TIMEOUT = ErrorText(FailureCode.TIMEOUT, "{who} did not answer the login within {detail} seconds.", LATER)
REPLY_TIMEOUT = ErrorText(
    FailureCode.TIMEOUT, "{who} let us in, but had not told what it runs after {detail} seconds.", LATER
)
NOT_TLS = ErrorText(FailureCode.NOT_XAPI, "What listens on {who} does not speak TLS.", "Check its {place}.")
UNTRUSTED = ErrorText(  # detail completes "its certificate ..."
    FailureCode.TLS_UNTRUSTED,
    "{who} was not asked, because its certificate {detail}; nothing was sent.",
    "To trust this very certificate: {pin_it}. Or name its authority as `ca` under `tls` in the configuration.",
)
UNREADABLE_CA = ErrorText(
    FailureCode.TLS_UNTRUSTED,
    "{who} was not asked: the file under its `tls: ca` cannot be read or holds no certificate.",
    "Mend it.",
)
TLS_FAILED = ErrorText(  # detail: OpenSSL's name for the reason
    FailureCode.TLS_UNTRUSTED,
    "No TLS connection to {who} could be made ({detail}), so nothing was sent.",
    "Check its {place}.",
)
PIN_MISMATCH = ErrorText(
    FailureCode.TLS_PIN_MISMATCH,
    "{who} showed another certificate than the pinned one, so nothing was sent.",
    "If it was replaced on purpose: {pin_it}.",
)
TLS_TOO_OLD = ErrorText(  # detail: the lowest version that is spoken with it
    FailureCode.TLS_TOO_OLD,
    "{who} speaks only an older TLS than {detail}, or ciphers as old, so nothing was sent.",
    'If it cannot be upgraded, allow that for this host alone: a lower `minimum` (down to "1.0") under `tls` in the '
    "configuration.",
)
LOGIN_REFUSED = ErrorText(
    FailureCode.LOGIN_REFUSED,
    "{who} refused the login of user {user}.",
    "The password comes from {password_from}: mend it before you try again.",
)
NO_PASSWORD = ErrorText(  # detail: a sentence that says why, with no secret in it
    FailureCode.LOGIN_REFUSED, "There is no password to log in to {who} with: {detail}"
)
LOGIN_NOT_IN_XML = ErrorText(
    FailureCode.LOGIN_REFUSED,
    "{who} speaks only XML-RPC, which cannot carry some character of the user name or of the password from "
    "{password_from}.",
    "Change the password.",
)
NOT_AUTHORIZED = ErrorText(
    FailureCode.NOT_AUTHORIZED,
    "{who} knows user {user}, but does not let it read.",
    "Give it the role read-only.",
)
BOOTING = ErrorText(  # detail: XAPI's code
    FailureCode.BOOTING,
    "{who} is starting, or cut off from its pool, and answers nothing but that ({detail}).",
    "Try again in a few minutes; if it stays so, look at `xe host-is-in-emergency-mode` there.",
)
COORDINATOR_NOT_LISTED = ErrorText(  # detail: the address, or words for what the host gave in its place
    FailureCode.COORDINATOR_REFUSED,
    "{who} is not its pool's coordinator and leads to {detail}, which is not listed for {name}, so it was not "
    "followed.",
    "If that is right, add the address to `also` of {name}.",
)
SECOND_REDIRECT = ErrorText(
    FailureCode.COORDINATOR_REFUSED,
    "{who} leads to yet another coordinator, which is not followed.",
    "Is the pool changing it just now? Try later.",
)
NOT_XAPI = ErrorText(  # detail completes "it answered ..."
    FailureCode.NOT_XAPI,
    "What answers on {who} is not {api}: it answered {detail}.",
    "Check its {place}.",
)
BAD_REPLY = ErrorText(  # detail completes "it ..."
    FailureCode.BAD_REPLY,
    "{who} gave an answer that cannot be used: it {detail}.",
    "Try again; if it stays so, look at its {log}.",
)
TOO_LARGE = ErrorText(  # detail: what there is too much of
    FailureCode.REPLY_TOO_LARGE,
    "{who} sent {detail}, more than {most} needs, so reading was stopped.",
    "Is it really {kind}?",
)
