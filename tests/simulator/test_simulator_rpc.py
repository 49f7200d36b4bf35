"""The shapes of replies, byte by byte where clients are picky, in every era."""

import re

import pytest

from bot.simulator import JsonRpc, all_releases, release
from tests.simulator.client import connected
from tests.simulator.conftest import OneHost

MATCHING = [("XenServer", "7.3"), ("XCP-ng", "7.6"), ("XCP-ng", "8.2"), ("XCP-ng", "8.3"), ("XenServer", "8")]
ALWAYS_V1 = [("XenServer", "6.5"), ("XenServer", "7.0"), ("XenServer", "7.2")]
XML_ONLY = [("XenServer", "5.6"), ("XenServer", "6.1"), ("XenServer", "6.2")]


@pytest.mark.parametrize(("product", "name"), MATCHING)
def test_since_7_3_a_reply_matches_the_version_and_the_id_of_the_request(
    one_host: OneHost, product: str, name: str
) -> None:
    with connected(one_host(product, name).address) as connection:
        assert connection.json("system.isAlive:x", "x") == {"jsonrpc": "2.0", "result": "x", "id": 7}
        assert connection.json("system.isAlive:x", "x", id="abc") == {"jsonrpc": "2.0", "result": "x", "id": "abc"}
        assert connection.json("system.isAlive:x", "x", version=1) == {"result": "x", "error": None, "id": 7}


@pytest.mark.parametrize(("product", "name"), ALWAYS_V1)
def test_from_6_5_to_7_2_a_reply_is_of_version_1_with_id_0(one_host: OneHost, product: str, name: str) -> None:
    with connected(one_host(product, name).address) as connection:
        assert connection.json("system.isAlive:x", "x") == {"result": "x", "error": None, "id": 0}
        assert connection.json("pool.get_all", "OpaqueRef:none") == {
            "result": None,
            "error": ["SESSION_INVALID", "OpaqueRef:none"],
            "id": 0,
        }


@pytest.mark.parametrize(("product", "name"), XML_ONLY)
def test_up_to_6_2_json_gets_an_xml_fault(one_host: OneHost, product: str, name: str) -> None:
    with connected(one_host(product, name).address) as connection:
        reply = connection.post("/jsonrpc", b'{"method": "system.listMethods", "params": [], "id": 1}')
        assert reply.status == 200
        assert reply.headers["content-type"] == "text/xml"
        assert "<fault>" in reply.text


@pytest.mark.parametrize(("name", "code"), [("7.3", 0), ("7.4", 1), ("8", 1)])
def test_an_error_of_version_2_has_a_code_that_means_nothing(one_host: OneHost, name: str, code: int) -> None:
    with connected(one_host("XenServer", name).address) as connection:
        error = connection.json("pool.get_all", "OpaqueRef:none")["error"]
    assert error == {"code": code, "message": "SESSION_INVALID", "data": ["OpaqueRef:none"]}


def test_an_error_of_version_1_is_an_array(one_host: OneHost) -> None:
    with connected(one_host().address) as connection:
        reply = connection.json("pool.get_all", "OpaqueRef:none", version=1)
    assert reply == {"result": None, "error": ["SESSION_INVALID", "OpaqueRef:none"], "id": 7}


@pytest.mark.parametrize("body", ["[]", '{"method":"a","params":[],"id":null}', '{"method":"a","params":[]}', "{", "7"])
def test_a_batch_and_a_call_without_id_are_an_http_500_in_html(one_host: OneHost, body: str) -> None:
    with connected(one_host().address) as connection:
        reply = connection.post("/jsonrpc", body.encode())
        assert (reply.status, reply.headers["content-type"]) == (500, "text/html")
        assert connection.rest() == b""


def test_nothing_stands_between_the_tags_of_an_xml_reply(one_host: OneHost) -> None:
    with connected(one_host("XenServer", "6.1").address) as connection:
        session = re.findall("OpaqueRef:[0-9a-f-]+", connection.xml("session.login_with_password", "root", "demo"))[0]
        reply = connection.xml("host.get_all_records", session)
    assert not re.search(r">\s+<", reply)
    assert reply.startswith('<?xml version="1.0"?><methodResponse><params><param><value><struct><member><name>Status')
    assert "<name>API_version_minor</name><value>10</value>" in reply
    assert "<name>enabled</name><value><boolean>1</boolean></value>" in reply


def test_an_xml_failure_is_a_struct_with_the_description(one_host: OneHost) -> None:
    with connected(one_host().address) as connection:
        reply = connection.xml("pool.get_all", "OpaqueRef:none")
    assert reply == (
        '<?xml version="1.0"?><methodResponse><params><param><value><struct>'
        "<member><name>Status</name><value>Failure</value></member>"
        "<member><name>ErrorDescription</name><value><array><data>"
        "<value>SESSION_INVALID</value><value>OpaqueRef:none</value>"
        "</data></array></value></member></struct></value></param></params></methodResponse>"
    )


def test_the_list_of_methods_is_a_bare_array_in_xml(one_host: OneHost) -> None:
    with connected(one_host().address) as connection:
        reply = connection.xml("system.listMethods")
        assert "<param><value><array><data><value>session.login_with_password</value>" in reply
        assert "Status" not in reply
        assert "host.get_all_records" in connection.json("system.listMethods")["result"]


@pytest.mark.parametrize("path", ["/", "/RPC2", "/json", "/xmlrpc", "/no/such/path"])
def test_every_other_path_speaks_xml_rpc(one_host: OneHost, path: str) -> None:
    call = b"<methodCall><methodName>system.isAlive:x</methodName><params><param><value>y</value></param></params>"
    with connected(one_host().address) as connection:
        reply = connection.post(path, call + b"</methodCall>")
    assert reply.headers["content-type"] == "text/xml"
    assert "<value>y</value>" in reply.text


def test_content_types_are_exactly_what_clients_compare_with(one_host: OneHost) -> None:
    with connected(one_host().address) as connection:
        reply = connection.post("/jsonrpc", b'{"method":"system.listMethods","params":[],"id":0}')
    assert reply.headers["content-type"] == "application/json"
    assert "server" not in {name.lower() for name in reply.headers}
    assert reply.headers["connection"] == "keep-alive"


def test_times_void_and_null_have_their_own_spelling(one_host: OneHost) -> None:
    with connected(one_host().address) as connection:
        session = connection.login()
        (metrics,) = connection.json("host_metrics.get_all_records", session)["result"].values()
        (host,) = connection.json("host.get_all_records", session)["result"].values()
        assert re.fullmatch(r"\d{8}T\d\d:\d\d:\d\dZ", metrics["last_updated"])
        assert "<dateTime.iso8601>" in connection.xml("host_metrics.get_all_records", session)
        assert host["local_cache_sr"] == "OpaqueRef:NULL"
        assert connection.json("session.logout", session)["result"] == ""


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (("pool.get_all",), "MESSAGE_PARAMETER_COUNT_MISMATCH"),
        (("pool.get_all", "SESSION", "more"), "MESSAGE_PARAMETER_COUNT_MISMATCH"),
        (("pool.get_everything", "SESSION", "OpaqueRef:NULL"), "HANDLE_INVALID"),
        (("pool.eject", "SESSION", "OpaqueRef:NULL"), "MESSAGE_METHOD_UNKNOWN"),
        (("nonsense", "SESSION"), "MESSAGE_METHOD_UNKNOWN"),
        (("host.get_record", "SESSION", "OpaqueRef:none"), "HANDLE_INVALID"),
        (("host.get_by_uuid", "SESSION", "none"), "UUID_INVALID"),
        (("VMPP.get_all_records", "SESSION"), "MESSAGE_REMOVED"),
        (("Async.host.get_all", "SESSION"), "Fault"),
    ],
)
def test_calls_that_make_no_sense_have_their_codes(one_host: OneHost, call: tuple[str, ...], code: str) -> None:
    with connected(one_host().address) as connection:
        session = connection.login()
        words = [session if word == "SESSION" else word for word in call]
        assert connection.json(*words)["error"]["message"] == code


def test_7_2_takes_no_whole_number_for_a_float(one_host: OneHost) -> None:
    with connected(one_host("XenServer", "7.2").address) as connection:
        session = connection.login()
        assert connection.json("event.from", session, ["host"], "", 1)["error"][0] == "INTERNAL_ERROR"
        assert connection.json("event.from", session, ["host"], "", 1.1)["result"]["events"]


@pytest.mark.parametrize(
    ("product", "name", "title"),
    [
        ("XCP-ng", "8.2", "Welcome to XCP-ng 8.2.1"),
        ("XCP-ng", "8.3", "XO Lite"),
        ("XenServer", "6.1", "Welcome to Citrix XenServer 6.1.0"),
        ("XenServer", "7.2", "XenServer 7"),
    ],
)
def test_the_page_at_the_root_says_what_its_era_said(one_host: OneHost, product: str, name: str, title: str) -> None:
    with connected(one_host(product, name).address) as connection:
        assert f"<title>{title}</title>" in connection.get("/").text


def test_every_release_has_a_transport() -> None:
    assert {runs.json_rpc for runs in all_releases()} == set(JsonRpc)
    assert release("XCP-ng", "8.2.1") is release("XCP-ng", "8.2")
    with pytest.raises(LookupError, match=r"XCP-ng 8\.2"):
        release("XCP-ng", "8.4")
