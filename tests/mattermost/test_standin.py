"""The stand-in for Mattermost does what the real server's source says it does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
import websocket
from requests.exceptions import ChunkedEncodingError

from tests.mattermost.faults import cut, half, limited, slow, status
from tests.mattermost.standin import Mattermost
from tests.mattermost.state import Channel, User

Json = dict[str, Any]


@pytest.fixture
def mattermost() -> Iterator[Mattermost]:
    with Mattermost() as server:
        yield server


@pytest.fixture
def ann(mattermost: Mattermost) -> User:
    return mattermost.user("ann")


@pytest.fixture
def lab(mattermost: Mattermost, ann: User) -> Channel:
    return mattermost.channel("lab", members=[ann, mattermost.bot])


class Client:
    """The bot's calls, one at a time."""

    def __init__(self, mattermost: Mattermost, token: str | None = None) -> None:
        self._root = f"{mattermost.url}/api/v4"
        self._headers = {"Authorization": f"Bearer {token or mattermost.token}"}

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        response = requests.request(method, self._root + path, headers=self._headers, json=body, timeout=5)
        return response.status_code, response.json()

    def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        code, answer = self.call(method, path, body)
        assert answer.keys() == {"id", "message", "detailed_error", "request_id", "status_code"}
        assert answer["status_code"] == code
        return code, answer["id"]


@pytest.fixture
def bot(mattermost: Mattermost) -> Client:
    return Client(mattermost)


def test_a_post_is_there_and_an_edit_replaces_all_props(mattermost: Mattermost, bot: Client, lab: Channel) -> None:
    code, post = bot.call("POST", "/posts", {"channel_id": lab.id, "message": "One.", "props": {"a": 1}})
    assert (code, post["props"]) == (201, {"a": 1, "from_bot": "true"})
    code, edited = bot.call("PUT", f"/posts/{post['id']}/patch", {"message": "Two.", "props": {"b": 2}})
    assert (code, edited["message"], edited["props"]) == (200, "Two.", {"b": 2, "from_bot": "true"})
    assert edited["edit_at"]
    assert [each.message for each in mattermost.posts(lab)] == ["Two."]


def test_the_same_key_makes_one_post_within_30_seconds(mattermost: Mattermost, bot: Client, lab: Channel) -> None:
    keyed = {"channel_id": lab.id, "message": "One.", "pending_post_id": "key-1"}
    first = bot.call("POST", "/posts", keyed)[1]["id"]
    mattermost.pass_time(29)
    assert bot.call("POST", "/posts", keyed) == (201, {**bot.call("GET", f"/posts/{first}")[1], "pending_post_id": ""})
    mattermost.pass_time(2)
    assert bot.call("POST", "/posts", keyed)[1]["id"] != first
    mattermost.restart()
    bot.call("POST", "/posts", keyed)
    assert len(mattermost.posts(lab)) == 3
    mattermost.state.hold_pending("key-2")
    assert bot.refused("POST", "/posts", {**keyed, "pending_post_id": "key-2"}) == (
        500,
        "api.post.deduplicate_create_post.pending",
    )


def test_a_key_whose_first_try_failed_is_free_again(bot: Client, lab: Channel) -> None:
    keyed = {"channel_id": lab.id, "message": "x" * 16_384, "pending_post_id": "key-1"}
    assert bot.refused("POST", "/posts", keyed) == (400, "model.post.is_valid.message_length.app_error")
    assert bot.call("POST", "/posts", {**keyed, "message": "x" * 16_383})[0] == 201


def test_what_the_server_refuses(mattermost: Mattermost, bot: Client, lab: Channel, ann: User) -> None:
    elsewhere, archived = mattermost.channel("elsewhere"), mattermost.channel("old", members=[mattermost.bot])
    mattermost.archive(archived)
    root = bot.call("POST", "/posts", {"channel_id": lab.id, "message": "root"})[1]["id"]
    reply = bot.call("POST", "/posts", {"channel_id": lab.id, "message": "reply", "root_id": root})[1]["id"]
    hers = mattermost.say(ann, lab, "mine")
    no = "api.context.permissions.app_error"
    at_root = "api.post.create_post.root_id.app_error"
    refused: list[tuple[str, str, Json | None, tuple[int, str]]] = [
        ("POST", "/posts", {"channel_id": elsewhere.id, "message": "x"}, (403, no)),
        ("POST", "/posts", {"channel_id": "a" * 26, "message": "x"}, (403, no)),
        (
            "POST",
            "/posts",
            {"channel_id": archived.id, "message": "x"},
            (400, "api.post.create_post.can_not_post_to_deleted.error"),
        ),
        ("POST", "/posts", {"channel_id": lab.id, "message": "x", "root_id": reply}, (400, at_root)),
        ("POST", "/posts", {"channel_id": lab.id, "message": "x", "root_id": "a" * 26}, (400, at_root)),
        ("PUT", f"/posts/{hers.id}/patch", {"message": "x"}, (403, no)),
        ("PUT", f"/posts/{'a' * 26}/patch", {"message": "x"}, (403, no)),
        ("GET", f"/posts/{'a' * 26}", None, (404, "app.post.get.app_error")),
        ("GET", "/posts/x", None, (400, "api.context.invalid_url_param.app_error")),
        ("GET", f"/channels/{'a' * 26}", None, (404, "app.channel.get.existing.app_error")),
        (
            "GET",
            f"/channels/{elsewhere.id}/members/{mattermost.bot.id}",
            None,
            (404, "app.channel.get_member.missing.app_error"),
        ),
        ("POST", "/posts/ephemeral", {"user_id": ann.id, "post": {"channel_id": lab.id, "message": "x"}}, (403, no)),
        ("GET", f"/users/{ann.id}/groups", None, (501, "api.license_error")),
        ("GET", "/nowhere", None, (404, "api.context.404.app_error")),
    ]
    for method, path, body, expected in refused:
        assert bot.refused(method, path, body) == expected, (method, path)
    mattermost.revoke(mattermost.token)
    assert bot.refused("GET", "/users/me") == (401, "api.context.session_expired.app_error")


def test_edits_end_with_the_limit(mattermost: Mattermost, bot: Client, lab: Channel) -> None:
    post = bot.call("POST", "/posts", {"channel_id": lab.id, "message": "One."})[1]["id"]
    mattermost.config.post_edit_time_limit = 60
    assert bot.call("PUT", f"/posts/{post}/patch", {"message": "Two."})[0] == 200
    mattermost.pass_time(61)
    late = bot.refused("PUT", f"/posts/{post}/patch", {"message": "Three."})
    assert late == (400, "api.post.update_post.permissions_time_limit.app_error")


def test_what_lies_behind_buttons_is_shown_to_nobody(mattermost: Mattermost, bot: Client, lab: Channel) -> None:
    action = {"id": "ack", "name": "Acknowledge", "integration": {"url": "http://127.0.0.1:9/", "context": {"a": 1}}}
    props = {"attachments": [{"text": "x", "actions": [action]}]}
    post = bot.call("POST", "/posts", {"channel_id": lab.id, "props": props})[1]
    read = bot.call("GET", f"/posts/{post['id']}")[1]
    for shown in (post, read):
        assert shown["props"]["attachments"][0]["actions"] == [{"id": "ack", "name": "Acknowledge"}]
    (stored,) = mattermost.posts(lab)
    assert stored.actions == [action]


def test_blocks_and_their_actions_must_know_each_other(bot: Client, lab: Channel) -> None:
    button = {"type": "button", "text": "Ack", "action_id": "ack"}
    actions = {"ack": {"type": "external", "url": "http://127.0.0.1:9/"}}
    blocks = [{"type": "container", "content": [button]}]
    good = {"channel_id": lab.id, "props": {"mm_blocks": blocks, "mm_blocks_actions": actions}}
    assert bot.call("POST", "/posts", good)[0] == 201
    several: list[Json] = [{}, {**actions, "more": {}}, {"other": {}}]
    for wrong in several:
        props = {"mm_blocks": blocks, "mm_blocks_actions": wrong}
        assert bot.refused("POST", "/posts", {"channel_id": lab.id, "props": props})[0] == 400


def test_since_lists_what_was_edited_and_deleted_too(mattermost: Mattermost, bot: Client, lab: Channel) -> None:
    at = mattermost.state.now() - 1
    kept, gone = (bot.call("POST", "/posts", {"channel_id": lab.id, "message": m})[1]["id"] for m in ("One.", "Two."))
    below = bot.call("POST", "/posts", {"channel_id": lab.id, "message": "Three.", "root_id": gone})[1]["id"]
    bot.call("PUT", f"/posts/{kept}/patch", {"message": "One!"})
    bot.call("DELETE", f"/posts/{gone}")
    listed = bot.call("GET", f"/channels/{lab.id}/posts?since={at}")[1]
    rows = [listed["posts"][id] for id in listed["order"]]
    assert {row["id"] for row in rows if row["delete_at"] and not row["original_id"]} == {gone, below}
    (before,) = [row for row in rows if row["original_id"]]
    assert (before["original_id"], before["message"]) == (kept, "One.")
    now = bot.call("GET", f"/channels/{lab.id}/posts")[1]
    assert now["order"] == [kept]
    assert bot.refused("GET", f"/posts/{gone}/thread") == (404, "app.post.get.app_error")


def test_a_thousand_rows_are_the_most_since(mattermost: Mattermost, bot: Client, lab: Channel, ann: User) -> None:
    at = mattermost.state.now() - 1
    for number in range(1_001):
        mattermost.say(ann, lab, str(number))
    assert len(bot.call("GET", f"/channels/{lab.id}/posts?since={at}")[1]["order"]) == 1_000


def test_faults_come_when_they_are_told(mattermost: Mattermost, bot: Client, lab: Channel) -> None:
    post = {"channel_id": lab.id, "message": "One."}
    mattermost.fail("POST /posts", limited(7), status(502), cut(), cut(done=True), half(), slow(0.01))
    headers = {"Authorization": f"Bearer {mattermost.token}"}

    def tried() -> requests.Response:
        return requests.post(f"{mattermost.url}/api/v4/posts", headers=headers, json=post, timeout=5)

    assert (first := tried()).status_code == 429
    assert (first.headers["X-Ratelimit-Reset"], first.headers["Retry-After"]) == ("7", "7")
    assert tried().status_code == 502
    counts = []
    for _ in range(3):
        with pytest.raises((requests.ConnectionError, ChunkedEncodingError)):
            tried()
        counts.append(len(mattermost.posts(lab)))
    assert counts == [0, 1, 2]
    assert tried().status_code == 201
    assert bot.call("POST", "/posts", post)[0] == 201


def test_events_are_told_to_every_connection_and_mentions_to_those_meant(
    mattermost: Mattermost, lab: Channel, ann: User
) -> None:
    lines = [_connected(mattermost) for _ in range(2)]
    mattermost.wait_connected(2)
    mattermost.say(ann, lab, "hello")
    mattermost.say(ann, lab, "hello @xocompat")
    for line in lines:
        told = [json.loads(line.recv()) for _ in range(3)]
        assert [(each["event"], each["seq"]) for each in told] == [("hello", 0), ("posted", 1), ("posted", 2)]
        assert "mentions" not in told[1]["data"]
        assert json.loads(told[2]["data"]["mentions"]) == [mattermost.bot.id]
        assert json.loads(told[2]["data"]["post"])["message"] == "hello @xocompat"
        line.send(json.dumps({"seq": 1, "action": "ping"}))
        assert json.loads(line.recv())["data"]["text"] == "pong"
        line.close()


def test_a_dropped_connection_is_taken_up_where_it_was(mattermost: Mattermost, lab: Channel, ann: User) -> None:
    line = _connected(mattermost)
    known = json.loads(line.recv())["data"]["connection_id"]
    mattermost.wait_connected()
    mattermost.drop()
    line.close()
    mattermost.say(ann, lab, "missed")
    again = _connected(mattermost, f"?connection_id={known}&sequence_number=1")
    missed = json.loads(again.recv())
    assert (missed["event"], missed["seq"]) == ("posted", 1)
    mattermost.drop()
    again.close()
    mattermost.pass_time(301)
    late = _connected(mattermost, f"?connection_id={known}&sequence_number=2")
    greeted = json.loads(late.recv())
    assert (greeted["event"], greeted["data"]["connection_id"] != known) == ("hello", True)
    late.close()


def test_a_frozen_connection_stays_open_and_silent_until_it_thaws(
    mattermost: Mattermost, lab: Channel, ann: User
) -> None:
    line = _connected(mattermost)
    line.recv()
    mattermost.freeze()
    mattermost.say(ann, lab, "held back")
    line.settimeout(0.05)
    with pytest.raises(websocket.WebSocketTimeoutException):
        line.recv()
    mattermost.thaw()
    line.settimeout(5)
    assert json.loads(json.loads(line.recv())["data"]["post"])["message"] == "held back"
    mattermost.ping()
    kind, _ = line.recv_data(control_frame=True)
    assert kind == websocket.ABNF.OPCODE_PING
    line.close()


def test_the_servers_clock_is_told_with_every_answer(mattermost: Mattermost) -> None:
    mattermost.pass_time(3600)
    told = parsedate_to_datetime(requests.get(f"{mattermost.url}/api/v4/system/ping", timeout=5).headers["Date"])
    assert timedelta(minutes=59) < told - datetime.now(UTC) < timedelta(minutes=61)


def test_a_revoked_token_falls_silent_and_a_bad_one_is_hung_up_on(
    mattermost: Mattermost, lab: Channel, ann: User
) -> None:
    line = _connected(mattermost)
    line.recv()
    mattermost.revoke(mattermost.token)
    mattermost.say(ann, lab, "@xocompat")
    line.send(json.dumps({"seq": 1, "action": "ping"}))
    failed = json.loads(line.recv())
    assert (failed["status"], failed["error"]["status_code"]) == ("FAIL", 401)
    line.close()
    mattermost.events.auth_wait = 0.05
    refused = _connected(mattermost)
    with pytest.raises(websocket.WebSocketException):
        refused.recv()
    refused.close()


def _connected(mattermost: Mattermost, query: str = "") -> websocket.WebSocket:
    return websocket.create_connection(
        f"ws://127.0.0.1:{mattermost.port}/api/v4/websocket{query}",
        header={"Authorization": f"Bearer {mattermost.token}"},
        timeout=5,
    )
