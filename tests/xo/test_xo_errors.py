"""What can go wrong, over real sockets: each with its code, what to do, and never the token to the wrong one."""

import ssl

import pytest

from bot.simulator import (
    Body,
    ContentType,
    Delay,
    Drip,
    Fault,
    FaultMoment,
    Oversize,
    Raw,
    Reset,
    Silence,
    SimCertificate,
    SimHost,
    Simulator,
    Truncate,
    html_page,
    http_error,
    http_redirect,
    lone,
    release,
)
from bot.simulator.orchestra import TOKEN, SimulatedOrchestra
from bot.xapi.address import SocketAddress
from bot.xapi.bounds import Deadline
from bot.xapi.connection import TlsConnect
from bot.xapi.observation import FailureCode
from bot.xapi.target import CredentialsError, Endpoint, TlsMode, Trust
from bot.xapi.tls import TlsContexts
from bot.xo.client import BOUNDS
from bot.xo.orchestra import Orchestra
from tests.xapi.network import FakeNetwork
from tests.xapi.probing import Certificates, Serve
from tests.xapi.server import Talk
from tests.xo.orchestras import QUICK, failed, orchestra, seen, serving, simulated, telling

POOLS = (lone(SimHost("xen-1", release("XCP-ng", "8.3"))),)
FAR = Endpoint("192.0.2.9", 443, Trust(TlsMode.INSECURE))


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (http_error(400), "bad_reply", "refused with HTTP status 400"),
        (http_error(401), "login_refused", "XO_TOKEN"),
        (http_error(403), "not_authorized", "read hosts and pools"),
        (http_error(404), "not_xapi", "not Xen Orchestra's REST API: it answered with HTTP status 404"),
        (http_error(500), "bad_reply", "status 500"),
        (http_error(503), "unreachable", "Something answers for xo"),
        (http_redirect("https://192.0.2.66/", 302), "not_xapi", "a redirect (HTTP status 302), which is not followed"),
        (html_page(), "not_xapi", "Check its `url` in the configuration."),
        (Raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "not_xapi", "something else than HTTP"),
        (Body(b"not JSON"), "not_xapi", "something else than JSON"),
        (Body(b'{"id": "a", "name_label": "\xff"}'), "bad_reply", "UTF-8"),
        (Body(b'{"id": "a", "n": ' + b"[" * 9000), "bad_reply", "whole list"),
        (Body(b'{"id": ' + b'"a' * 20_000), "bad_reply", "whole list"),
        (Truncate(9), "bad_reply", "broke off in the middle"),
        (Truncate(9, on="hosts"), "bad_reply", "broke off in the middle"),
        (Reset(), "bad_reply", "the connection"),
        (Reset(FaultMoment.ACCEPT), "unreachable", "xo"),
        (Silence(FaultMoment.ACCEPT), "timeout", "within 0.4 seconds"),
        (Silence(), "timeout", "had not told its hosts after 1 seconds"),
        (Delay(9, on="hosts"), "timeout", "had not told its hosts"),
        (Drip(200, on="hosts"), "timeout", "had not told its hosts"),
        (Oversize(300 * 1024), "reply_too_large", "more than 262144 bytes"),
        (Oversize(300 * 1024, declared=False), "bad_reply", "how long it is"),
    ],
)
def test_each_fault_has_its_code_and_its_words(fault: Fault, code: str, words: str) -> None:
    with Simulator(POOLS) as simulator, SimulatedOrchestra(simulator) as stand_in:
        xo = simulated(stand_in)
        stand_in.fail(fault)
        failure = failed(xo, QUICK if code == "timeout" else BOUNDS._replace(reply=QUICK.reply))
        stand_in.fail()
        seen(xo)
    assert (failure.code, words in failure.message) == (code, True), failure


def test_a_content_type_of_another_kind_is_read_for_what_it_holds() -> None:
    with Simulator(POOLS) as simulator, SimulatedOrchestra(simulator) as stand_in:
        stand_in.fail(ContentType("text/plain"))
        seen(simulated(stand_in))


def test_another_certificate_than_the_pinned_one_gets_no_byte() -> None:
    with Simulator(POOLS) as simulator:
        certificate = SimCertificate("xo", 2)
        with SimulatedOrchestra(simulator) as known, SimulatedOrchestra(simulator, certificate=certificate) as replaced:
            endpoint = simulated(replaced).endpoint._replace(trust=simulated(known).endpoint.trust)
            failure = failed(orchestra(endpoint))
            assert (replaced.seen.handshakes, replaced.seen.bytes) == (1, 0)
    assert failure.code == "tls_pin_mismatch"
    assert "set its new `pin` under `tls` of xo" in failure.message


def test_a_certificate_that_does_not_pass_gets_no_byte(serve: Serve, certificates: Certificates) -> None:
    server = serve(serving(telling()), certificates.other.context())
    trust = Trust(TlsMode.CA, ca_file=str(certificates.authority.file))
    assert failed(orchestra(server.endpoint(trust))).code == "tls_untrusted"
    assert server.received == b""


def test_an_old_tls_gets_no_byte(serve: Serve, certificates: Certificates, pinned: Trust) -> None:
    server = serve(serving(telling()), certificates.good.old_context(ssl.TLSVersion.TLSv1_1))
    assert failed(orchestra(server.endpoint(pinned))).code == "tls_too_old"
    assert server.received == b""


def test_an_authority_vouches_for_it(serve: Serve, certificates: Certificates) -> None:
    server = serve(serving(telling()))
    (observed,) = seen(orchestra(server.endpoint(Trust(TlsMode.CA, ca_file=str(certificates.authority.file)))))
    assert observed.tls is TlsMode.CA


def test_the_token_is_a_cookie_of_both_questions_and_nothing_else(serve: Serve, pinned: Trust) -> None:
    server = serve(serving(telling()))
    seen(orchestra(server.endpoint(pinned), path="/behind/proxy"))
    requests = server.received.decode().split("\r\n\r\n")[:-1]
    assert [request.split("?")[0] for request in requests] == [
        "GET /behind/proxy/rest/v0/pools",
        "GET /behind/proxy/rest/v0/hosts",
    ]
    assert all(request.count(TOKEN) == 1 and f"cookie: authenticationToken={TOKEN}" in request for request in requests)
    assert b"authorization" not in server.received


def test_a_connection_that_is_closed_between_the_questions_is_made_anew(serve: Serve, pinned: Trust) -> None:
    answer = telling()

    def once(talk: Talk) -> None:
        if request := talk.request():
            talk.send(answer(request).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))

    server = serve(once)
    seen(orchestra(server.endpoint(pinned)))
    assert server.accepted == 2


@pytest.mark.parametrize("token", ["", " ", "two words", "a\r\nx: y", "a;b", "ö", '"quoted"', "a" * 5000])
def test_a_token_that_cannot_be_one_is_sent_nowhere(token: str) -> None:
    network = FakeNetwork(telling())
    failure = failed(orchestra(FAR, token), connect=network)
    assert (failure.code, network.called) == ("login_refused", [])
    assert "without quotes or spaces" in failure.message


def test_a_newline_behind_the_token_does_no_harm() -> None:
    seen(orchestra(FAR, f"{TOKEN}\n"), connect=FakeNetwork(telling()))


def test_a_variable_that_is_not_set_is_told_by_its_name() -> None:
    def unset() -> str:
        raise CredentialsError("The variable XO_TOKEN is not set.")

    network = FakeNetwork(telling())
    failure = failed(Orchestra("xo", FAR, unset, "XO_TOKEN"), connect=network)
    what = "There is no token to ask xo with: The variable XO_TOKEN is not set."
    assert failure == ("xo", FailureCode.LOGIN_REFUSED, what, "")
    assert network.called == []


def test_nothing_listens_is_told_in_words() -> None:
    failure = failed(orchestra(Endpoint("127.0.0.1", 1, Trust(TlsMode.INSECURE))))
    assert (failure.code, "nothing listens" in failure.message) == ("unreachable", True)


def test_a_proxy_in_the_environment_is_not_heard(serve: Serve, pinned: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    seen(orchestra(serve(serving(telling())).endpoint(pinned)))


def test_the_second_connection_is_checked_like_the_first(
    serve: Serve, certificates: Certificates, pinned: Trust
) -> None:
    context, other, names = certificates.good.context(), certificates.other.context(), list[str]()

    def replaced(tls: ssl.SSLObject, name: str, _: ssl.SSLContext) -> None:
        names.append(name)
        if len(names) > 1:
            tls.context = other

    context.sni_callback = replaced
    pools = telling()

    def once(talk: Talk) -> None:
        if request := talk.request():
            talk.send(pools(request).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))

    server = serve(once, context)
    failure = failed(orchestra(server.endpoint(pinned, "localhost")))
    assert (failure.code, server.accepted) == ("tls_pin_mismatch", 2)
    assert server.received.count(TOKEN.encode()) == 1


def test_a_name_that_is_not_known_leads_to_the_url() -> None:
    def nobody(host: str, port: int, _: Deadline) -> list[SocketAddress]:
        raise OSError(host, port)

    unknown = orchestra(Endpoint("xo.example.org", 443, Trust(TlsMode.INSECURE)))
    failure = failed(unknown, connect=TlsConnect(TlsContexts(), nobody))
    assert (failure.code, "Check `url` in the configuration" in failure.message) == ("unreachable", True)
