"""Mattermost's API v4, as far as a bot and its operator call it, and the addresses that answers to commands go to."""

import base64
import copy
import json
import re
from collections.abc import Callable, Iterable
from email import message_from_bytes
from typing import Any, NamedTuple

from tests.mattermost.events import Events
from tests.mattermost.faults import Said
from tests.mattermost.state import (
    Channel,
    Dialog,
    File,
    Json,
    Post,
    Refusal,
    State,
    Team,
    User,
    invalid_body,
    no_permission,
)


class Request(NamedTuple):
    """A request that arrived: `route` as in "PUT /posts/{post_id}/patch", the body parsed where it is JSON."""

    route: str
    path: str
    args: dict[str, str]
    query: dict[str, str]
    body: Any
    raw: bytes
    content_type: str
    user: User | None
    at: int


class Api:
    """Answers requests."""

    def __init__(self, state: State, events: Events, url: str) -> None:
        self._state, self._events, self._url = state, events, url

    def answer(self, request: Request) -> Said:
        """What the server says to a request, and does."""
        with self._events.changed:
            try:
                if request.route.startswith("POST /hooks/commands/"):
                    return self._hooked(request)
                if request.route not in _ROUTES:
                    raise Refusal("api.context.404.app_error", 404, "Sorry, we could not find the page.")
                if request.route not in _OPEN and request.user is None:
                    raise Refusal(
                        "api.context.session_expired.app_error", 401, "Invalid or expired session, please login again."
                    )
                for name, value in request.args.items():
                    if name.endswith("_id") and value != "me" and not re.fullmatch(r"[a-z0-9]{26}", value):
                        raise Refusal("api.context.invalid_url_param.app_error", 400, f"Invalid or missing {name}.")
                said = _ROUTES[request.route](self, request)
                return said if isinstance(said, Said) else Said(200, said)
            except Refusal as refusal:
                return Said(refusal.status, refusal.body)

    def _hooked(self, request: Request) -> Said:
        hook = self._state.use_hook(request.args["hook_id"])
        answer = request.body if isinstance(request.body, dict) else {"text": request.raw.decode(errors="replace")}
        made, error = self._state.answer_command(hook, answer)
        for post in made:
            self._events.announce(post)
        if error:
            raise error
        return Said(200, b"ok", {"Content-Type": "text/plain"})

    def _me(self, request: Request, name: str = "user_id") -> User:
        assert request.user
        return request.user if request.args[name] == "me" else self._state.user(request.args[name])

    def _readable_channel(self, request: Request) -> Channel:
        channel = self._state.channel(request.args["channel_id"])
        assert request.user
        if not self._state.may_read(request.user, channel):
            raise no_permission()
        return channel

    def _get_user(self, request: Request) -> Any:
        return self._me(request).json

    def _user_named(self, request: Request) -> Any:
        name = request.args["username"].lower()
        found = next((each for each in self._state.users.values() if each.name.lower() == name), None)
        if found is None:
            raise Refusal("app.user.missing_account.const", 404)
        return found.json

    def _users_by_ids(self, request: Request) -> Any:
        if not isinstance(request.body, list) or not request.body:
            raise invalid_body("user_ids")
        return [self._state.users[id].json for id in request.body if id in self._state.users]

    def _users_by_names(self, request: Request) -> Any:
        if not isinstance(request.body, list) or not request.body:
            raise invalid_body("usernames")
        return [each.json for each in self._state.users.values() if each.name in request.body]

    def _teams_of(self, request: Request) -> Any:
        user = self._me(request)
        return [each.json for each in self._state.teams.values() if user.id in each.members]

    def _channels_of(self, request: Request) -> Any:
        user, team = self._me(request), request.args.get("team_id")
        there = (each for each in self._state.channels.values() if user.id in each.members)
        return [each.json for each in there if team is None or each.team_id in (team, "")]

    def _groups_of(self, request: Request) -> Any:
        self._need_groups()
        return [_group(name) for name in sorted(self._me(request).groups)]

    def _groups(self, request: Request) -> Any:
        self._need_groups()
        asked = request.query.get("q", "").lower()
        names = {name for each in self._state.users.values() for name in each.groups}
        return [_group(name) for name in sorted(names) if asked in name.lower()]

    def _group_members(self, request: Request) -> Any:
        self._need_groups()
        inside = [u for u in self._state.users.values() if request.args["group_id"] in map(_group_id, u.groups)]
        return {"members": [each.json for each in inside], "total_member_count": len(inside)}

    def _need_groups(self) -> None:
        if not self._state.config.groups_licensed:
            raise Refusal("api.license_error", 501, "Feature requires a license.")

    def _get_team(self, request: Request) -> Any:
        team = self._state.teams.get(request.args["team_id"])
        if team is None:
            raise Refusal("app.team.get.find.app_error", 404)
        return team.json

    def _find_team(self, name: str) -> Team:
        found = next((each for each in self._state.teams.values() if each.name == name), None)
        if found is None:
            raise Refusal("app.team.get_by_name.missing.app_error", 404)
        return found

    def _team_named(self, request: Request) -> Any:
        return self._find_team(request.args["team_name"]).json

    def _team_member(self, request: Request) -> Any:
        user, team = self._me(request), self._state.teams.get(request.args["team_id"])
        if team is None or user.id not in team.members:
            raise Refusal("app.team.get_member.missing.app_error", 404)
        role = "team_guest" if user.is_guest else "team_user"
        admin = "team_admin" in user.roles.split()
        roles = f"{role} team_admin" if admin else role
        return {"team_id": team.id, "user_id": user.id, "roles": roles, "delete_at": 0, "scheme_admin": admin}

    def _channel_named(self, request: Request) -> Any:
        name = request.args.get("team_name")
        team_id = request.args["team_id"] if name is None else self._find_team(name).id
        wanted = request.args["channel_name"]
        with_deleted = request.query.get("include_deleted") == "true"
        for each in self._state.channels.values():
            if (each.team_id, each.name) == (team_id, wanted) and (not each.delete_at or with_deleted):
                assert request.user
                if not self._state.may_read(request.user, each):
                    break
                return each.json
        raise Refusal("app.channel.get_by_name.missing.app_error", 404)

    def _get_channel(self, request: Request) -> Any:
        return self._readable_channel(request).json

    def _channel_member(self, request: Request) -> Any:
        channel, user = self._readable_channel(request), self._me(request)
        if user.id not in channel.members:
            raise Refusal("app.channel.get_member.missing.app_error", 404)
        return {"channel_id": channel.id, "user_id": user.id, "roles": "channel_user", "notify_props": {}}

    def _channel_members(self, request: Request) -> Any:
        channel = self._readable_channel(request)
        page, per_page = int(request.query.get("page", 0)), int(request.query.get("per_page", 60))
        ids = sorted(channel.members)[page * per_page : (page + 1) * per_page]
        return [{"channel_id": channel.id, "user_id": id, "roles": "channel_user"} for id in ids]

    def _open_direct(self, request: Request) -> Any:
        ids = request.body
        if not isinstance(ids, list) or len(ids) != 2:
            raise invalid_body("user_ids")
        for id in ids:
            self._state.user(id)
        if request.user is None or request.user.id not in ids:
            raise no_permission()
        return Said(201, self._events.direct(*ids).json)

    def _create_post(self, request: Request) -> Any:
        if not isinstance(request.body, dict):
            raise invalid_body("post")
        assert request.user
        return Said(201, self._events.create(request.user, request.body).json)

    def _create_ephemeral(self, request: Request) -> Any:
        assert request.user
        if "system_admin" not in request.user.roles.split():
            raise no_permission()
        post, fields = request.body["post"], request.body
        shown = self._state.show_one(fields["user_id"], post["channel_id"], post)
        self._events.announce(shown)
        return Said(201, shown.json)

    def _get_post(self, request: Request) -> Any:
        assert request.user
        return self._state.readable(request.args["post_id"], request.user).json

    def _patch_post(self, request: Request) -> Any:
        if not isinstance(request.body, dict):
            raise invalid_body("post")
        assert request.user
        changed = self._state.patch(request.user, request.args["post_id"], copy.deepcopy(request.body))
        self._events.push_post("post_edited", changed)
        return changed.json

    def _update_post(self, request: Request) -> Any:
        if not isinstance(request.body, dict):
            raise invalid_body("post")
        if request.body.get("id") != request.args["post_id"]:
            raise invalid_body("id")
        return self._patch_post(request)

    def _delete_post(self, request: Request) -> Any:
        post = self._state.existing(request.args["post_id"])
        assert request.user
        if post.user_id != request.user.id:
            raise no_permission()
        self._events.delete(post.id)
        return {"status": "OK"}

    def _pin_post(self, request: Request) -> Any:
        assert request.user
        post = self._state.readable(request.args["post_id"], request.user)
        pinned = request.route.endswith("/pin")
        self._events.push_post("post_edited", self._state.update(post, {"is_pinned": pinned}))
        return {"status": "OK"}

    def _thread(self, request: Request) -> Any:
        assert request.user
        self._state.readable(request.args["post_id"], request.user)
        posts = self._state.thread(request.args["post_id"])
        root, below = posts[0], posts[1:]
        if after := int(request.query.get("fromCreateAt") or 0):
            last = request.query.get("fromPost", "")
            below = [each for each in below if (each.create_at, each.id) > (after, last)]
        if request.query.get("direction") == "up":
            below.reverse()
        per_page = int(request.query.get("perPage") or 0)
        shown = below[:per_page] if per_page else below
        return {**_listed([root, *shown]), "has_next": len(shown) < len(below)}

    def _channel_posts(self, request: Request) -> Any:
        channel, query = self._readable_channel(request), request.query
        if since := query.get("since"):
            if not since.isdecimal():
                raise invalid_body("since")
            return _listed(self._state.since(channel.id, int(since)))
        page, per_page = int(query.get("page", 0)), min(int(query.get("per_page", 60)), 200)
        posts = self._state.page(channel.id, page, per_page, query.get("before", ""), query.get("after", ""))
        roots = [self._state.posts[each.root_id] for each in posts if each.root_id]
        return _listed(posts, roots)

    def _pinned(self, request: Request) -> Any:
        channel = self._readable_channel(request)
        return _listed([each for each in self._state.in_channel(channel.id) if each.is_pinned])

    def _upload(self, request: Request) -> Any:
        fields, files = _uploaded(request)
        channel = self._state.channels.get(fields.get("channel_id", ""))
        assert request.user
        if channel is None or request.user.id not in channel.members:
            raise no_permission()
        if not files:
            raise Refusal("api.file.upload_file.incorrect_number_of_files.app_error", 400)
        made = [File(request.user.id, channel.id, name, kind, content) for name, kind, content in files]
        for file in made:
            self._state.files[file.id] = file
        return Said(201, {"file_infos": [file.json for file in made], "client_ids": []})

    def _file(self, request: Request) -> File:
        file = self._state.files.get(request.args["file_id"])
        if file is None:
            raise Refusal("app.file_info.get.app_error", 404)
        assert request.user
        if not (
            file.user_id == request.user.id or self._state.may_read(request.user, self._state.channel(file.channel_id))
        ):
            raise no_permission()
        return file

    def _get_file(self, request: Request) -> Any:
        file = self._file(request)
        return Said(200, file.content, {"Content-Type": file.mime_type})

    def _file_info(self, request: Request) -> Any:
        return self._file(request).json

    def _post_files(self, request: Request) -> Any:
        assert request.user
        post = self._state.readable(request.args["post_id"], request.user)
        return [self._state.files[id].json for id in post.file_ids]

    def _commands(self, request: Request) -> Any:
        assert request.user
        if "system_admin" not in request.user.roles.split():
            raise no_permission()
        if request.route.startswith("GET"):
            return [each.json for each in self._state.commands.values()]
        body = request.body
        return Said(201, self._state.add_command(body["trigger"], body["url"], body["team_id"]).json)

    def _open_dialog(self, request: Request) -> Any:
        body = request.body if isinstance(request.body, dict) else {}
        trigger, dialog, url = str(body.get("trigger_id") or ""), body.get("dialog") or {}, str(body.get("url") or "")
        if not url:
            raise invalid_body("url")
        try:
            _, user_id, at, _ = base64.b64decode(trigger, validate=True).decode().split(":")
        except ValueError:
            raise Refusal("interactive_message.decode_trigger_id.base64_decode_failed", 400) from None
        if trigger not in self._state.triggers:
            raise Refusal("interactive_message.decode_trigger_id.verify_signature_failed", 400)
        if self._state.now() - int(at) > self._state.config.outgoing_integration_requests_timeout * 1000:
            raise Refusal("interactive_message.decode_trigger_id.expired", 400)
        if wrong := _dialog_mistake(dialog):
            raise Refusal("api.context.invalid_body_param.app_error", 400, wrong)
        self._state.dialogs.append(Dialog(user_id, self._state.triggers[trigger], url, copy.deepcopy(dialog)))
        data = {"dialog": json.dumps({"trigger_id": trigger, "url": url, "dialog": dialog})}
        self._events.push("open_dialog", data, {user_id}, user=user_id)
        return {"status": "OK"}

    def _ping_api(self, request: Request) -> Any:  # noqa: ARG002 # as all of them
        return {"status": "OK", "AndroidLatestVersion": "", "ActiveSearchBackend": "database"}

    def _config_client(self, request: Request) -> Any:
        if request.query.get("format") != "old" and self._state.version < (11, 0):
            raise Refusal("api.config.client.old_format.app_error", 400)
        return {
            "Version": self._state.config.version,
            "MaxPostSize": str(self._state.config.max_post_size),
            "PostEditTimeLimit": str(self._state.config.post_edit_time_limit),
            "EnableCommands": str(self._state.config.enable_commands).lower(),
            "SiteURL": self._url,
        }

    def _typing(self, request: Request) -> Any:  # noqa: ARG002 # as all of them
        return {}


_OPEN = frozenset({"GET /system/ping", "GET /config/client"})


_ROUTES: dict[str, Callable[[Api, Request], Any]] = {
    "GET /users/{user_id}": Api._get_user,
    "GET /users/username/{username}": Api._user_named,
    "POST /users/ids": Api._users_by_ids,
    "POST /users/usernames": Api._users_by_names,
    "GET /users/{user_id}/teams": Api._teams_of,
    "GET /users/{user_id}/channels": Api._channels_of,
    "GET /users/{user_id}/teams/{team_id}/channels": Api._channels_of,
    "GET /users/{user_id}/groups": Api._groups_of,
    "POST /users/{user_id}/typing": Api._typing,
    "GET /groups": Api._groups,
    "GET /groups/{group_id}/members": Api._group_members,
    "GET /teams/{team_id}": Api._get_team,
    "GET /teams/name/{team_name}": Api._team_named,
    "GET /teams/{team_id}/members/{user_id}": Api._team_member,
    "GET /teams/{team_id}/channels/name/{channel_name}": Api._channel_named,
    "GET /teams/name/{team_name}/channels/name/{channel_name}": Api._channel_named,
    "POST /channels/direct": Api._open_direct,
    "GET /channels/{channel_id}": Api._get_channel,
    "GET /channels/{channel_id}/members": Api._channel_members,
    "GET /channels/{channel_id}/members/{user_id}": Api._channel_member,
    "GET /channels/{channel_id}/posts": Api._channel_posts,
    "GET /channels/{channel_id}/pinned": Api._pinned,
    "POST /posts": Api._create_post,
    "POST /posts/ephemeral": Api._create_ephemeral,
    "GET /posts/{post_id}": Api._get_post,
    "PUT /posts/{post_id}": Api._update_post,
    "DELETE /posts/{post_id}": Api._delete_post,
    "PUT /posts/{post_id}/patch": Api._patch_post,
    "POST /posts/{post_id}/pin": Api._pin_post,
    "POST /posts/{post_id}/unpin": Api._pin_post,
    "GET /posts/{post_id}/thread": Api._thread,
    "GET /posts/{post_id}/files/info": Api._post_files,
    "POST /files": Api._upload,
    "GET /files/{file_id}": Api._get_file,
    "GET /files/{file_id}/info": Api._file_info,
    "GET /commands": Api._commands,
    "POST /commands": Api._commands,
    "POST /actions/dialogs/open": Api._open_dialog,
    "GET /system/ping": Api._ping_api,
    "GET /config/client": Api._config_client,
}


def _group_id(name: str) -> str:
    """An id that is the same for the same name."""
    return (base64.b32encode(name.encode()).decode().lower().rstrip("=") + "0" * 26)[:26]


def _group(name: str) -> Json:
    return {"id": _group_id(name), "name": name, "display_name": name.title(), "source": "custom", "delete_at": 0}


def _listed(posts: list[Post], also: Iterable[Post] = ()) -> Json:
    """A PostList: an order, and the posts by their ids."""
    shown = {each.id: each.json for each in [*posts, *also]}
    return {"order": [each.id for each in posts], "posts": shown, "next_post_id": "", "prev_post_id": ""}


def _dialog_mistake(dialog: Json) -> str | None:
    """What is wrong with a dialog. The server logs it only; a test wants to know."""
    if not dialog.get("title") or len(dialog["title"]) > 24:
        return "title"
    for element in dialog.get("elements") or []:
        if not 0 < len(element.get("display_name", "")) <= 24 or not 0 < len(element.get("name", "")) <= 300:
            return f"element {element.get('name')}: its names"
        if element.get("type") not in ("text", "textarea", "select", "radio", "bool", "date", "datetime"):
            return f"element {element['name']}: type {element.get('type')}"
        if len(element.get("help_text") or "") > 150:
            return f"element {element['name']}: help_text"
        if element["type"] in ("select", "radio") and not (element.get("options") or element.get("data_source")):
            return f"element {element['name']}: no options"
    return None


def _uploaded(request: Request) -> tuple[dict[str, str], list[tuple[str, str, bytes]]]:
    """Fields and files of an upload, as a form or as one file that is the body itself."""
    if not request.content_type.startswith("multipart/"):
        name = request.query.get("filename", "")
        return request.query, [(name, request.content_type, request.raw)] if name else []
    whole = message_from_bytes(f"Content-Type: {request.content_type}\r\n\r\n".encode() + request.raw)
    fields, files = dict(request.query), []
    parts: list[Any] = [*whole.walk()][1:]
    for part in parts:
        content = part.get_payload(decode=True)
        if filename := part.get_filename():
            files.append((filename, part.get_content_type(), content))
        else:
            fields[str(part.get_param("name", header="content-disposition"))] = content.decode()
    return fields, files


_PATTERNS = [
    (route.partition(" ")[0], re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.partition(" ")[2])), route)
    for route in sorted(_ROUTES, key=lambda each: "{" in each)
]


def route_of(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The route that a path is of, and its parameters; the path itself where there is no route."""
    if found := re.fullmatch(r"/hooks/commands/([^/]+)", path):
        return f"{method} /hooks/commands/{{hook_id}}", {"hook_id": found[1]}
    short = path.removeprefix("/api/v4")
    for verb, pattern, route in _PATTERNS:
        if verb == method and path != short and (match := pattern.fullmatch(short)):
            return route, match.groupdict()
    return f"{method} {path}", {}
