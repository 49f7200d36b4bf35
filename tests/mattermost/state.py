"""What a Mattermost server keeps, and the rules by which it lets it be changed. Nothing here speaks HTTP.

The rules are those of the server's source at 11.x (github.com/mattermost/mattermost, server/channels/api4 and
server/channels/app), with its error ids and statuses. Times are Unix milliseconds, as everywhere in Mattermost.
"""

import base64
import copy
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
MAX_MESSAGE = 16_383
MAX_PROPS = 800_000
PENDING_MS = 30_000
SINCE_MOST = 1_000
HOOK_USES, HOOK_MS = 5, 30 * 60_000
EPHEMERAL = "system_ephemeral"
NOT_FROM_CLIENTS = ("add_channel_member", "force_notification", "silent_notification")
RESERVED = frozenset(
    {
        "attachments",
        "card",
        "force_notification",
        "from_bot",
        "from_oauth_app",
        "from_plugin",
        "from_webhook",
        "override_icon_emoji",
        "override_icon_url",
        "override_username",
        "silent_notification",
        "webhook_display_name",
    }
)
"""Props that an answer to a command can't set."""


def new_id() -> str:
    """26 characters, as all ids of Mattermost."""
    return "".join(secrets.choice("ybndrfg8ejkmcpqxot1uwisza345h769") for _ in range(26))


class Refusal(Exception):
    """An error as the server answers it: decided on by `id`."""

    def __init__(self, id: str, status: int, message: str = "") -> None:
        super().__init__(f"{status} {id}")
        self.id, self.status, self.message = id, status, message or f"(what {id} says in the user's language)"

    @property
    def body(self) -> Json:
        return {
            "id": self.id,
            "message": self.message,
            "detailed_error": "",
            "request_id": new_id(),
            "status_code": self.status,
        }


def no_permission() -> Refusal:
    return Refusal(
        "api.context.permissions.app_error", 403, "You do not have the appropriate permissions to perform this action."
    )


def invalid_body(name: str) -> Refusal:
    return Refusal("api.context.invalid_body_param.app_error", 400, f"Invalid or missing {name} in request body.")


def no_post() -> Refusal:
    return Refusal("app.post.get.app_error", 404, "Unable to get the post.")


@dataclass
class User:
    """Somebody, or a bot. `groups` are the names of the custom groups they belong to."""

    name: str
    roles: str = "system_user"
    is_bot: bool = False
    remote_id: str | None = None
    groups: set[str] = field(default_factory=set)
    id: str = field(default_factory=new_id)

    @property
    def is_guest(self) -> bool:
        return "system_guest" in self.roles.split()

    @property
    def json(self) -> Json:
        shown: Json = {"id": self.id, "create_at": 1, "update_at": 1, "delete_at": 0, "username": self.name}
        shown |= {"auth_data": "", "auth_service": "", "email": f"{self.name}@example.org", "nickname": ""}
        shown |= {"first_name": "", "last_name": "", "position": "", "roles": self.roles, "locale": "en"}
        shown |= {"is_bot": True, "bot_description": ""} if self.is_bot else {}
        return shown | ({"remote_id": self.remote_id} if self.remote_id else {})


@dataclass
class Team:
    name: str
    members: set[str] = field(default_factory=set)
    id: str = field(default_factory=new_id)

    @property
    def json(self) -> Json:
        return {"id": self.id, "delete_at": 0, "name": self.name, "display_name": self.name.title(), "type": "O"}


@dataclass
class Channel:
    """`type`: O for open, P for private, D for a conversation of two."""

    name: str
    type: str
    team_id: str
    members: set[str] = field(default_factory=set)
    delete_at: int = 0
    id: str = field(default_factory=new_id)

    @property
    def json(self) -> Json:
        shown: Json = {"id": self.id, "create_at": 1, "update_at": 1, "delete_at": self.delete_at, "type": self.type}
        shown |= {"team_id": self.team_id, "name": self.name, "header": "", "purpose": "", "creator_id": ""}
        return shown | {"display_name": "" if self.type == "D" else self.name.title()}


@dataclass
class File:
    """What somebody uploaded. `post_id` is "" until it is attached."""

    user_id: str
    channel_id: str
    name: str
    mime_type: str
    content: bytes
    post_id: str = ""
    id: str = field(default_factory=new_id)

    @property
    def json(self) -> Json:
        shown: Json = {"id": self.id, "user_id": self.user_id, "post_id": self.post_id, "channel_id": self.channel_id}
        shown |= {"create_at": 1, "update_at": 1, "delete_at": 0, "name": self.name, "size": len(self.content)}
        return shown | {"extension": self.name.rpartition(".")[2], "mime_type": self.mime_type}


@dataclass
class Post:
    """One row: a post, or (`original_id`) what it was before an edit."""

    user_id: str
    channel_id: str
    message: str
    root_id: str = ""
    props: Json = field(default_factory=dict)
    type: str = ""
    file_ids: list[str] = field(default_factory=list)
    create_at: int = 0
    update_at: int = 0
    edit_at: int = 0
    delete_at: int = 0
    original_id: str = ""
    is_pinned: bool = False
    metadata: Json = field(default_factory=dict)
    id: str = field(default_factory=new_id)

    @property
    def attachments(self) -> list[Json]:
        return list(self.props.get("attachments") or [])

    @property
    def actions(self) -> list[Json]:
        """Buttons and menus, of all attachments."""
        return [action for each in self.attachments for action in each.get("actions") or []]

    @property
    def text(self) -> str:
        """All that somebody can read: the message, the attachments, the buttons' names."""
        lines: list[Any] = [self.message]
        for each in self.attachments:
            lines += [each.get("pretext"), each.get("title"), each.get("text")]
            lines += [f"{one.get('title', '')} {one.get('value', '')}" for one in each.get("fields") or []]
            lines += [action.get("name") for action in each.get("actions") or []]
            lines.append(each.get("footer"))
        return "\n".join(line for line in lines if line)

    @property
    def json(self) -> Json:
        """As clients get it: without what lies behind the buttons."""
        props = copy.deepcopy(self.props)
        for attachment in props.get("attachments") or []:
            for action in attachment.get("actions") or []:
                action.pop("integration", None)
        shown: Json = {"id": self.id, "create_at": self.create_at, "update_at": self.update_at}
        shown |= {"edit_at": self.edit_at, "delete_at": self.delete_at, "is_pinned": self.is_pinned}
        shown |= {"user_id": self.user_id, "channel_id": self.channel_id, "root_id": self.root_id}
        shown |= {"original_id": self.original_id, "message": self.message, "type": self.type, "props": props}
        shown |= {"hashtags": "", "file_ids": [*self.file_ids], "pending_post_id": "", "metadata": self.metadata}
        return shown | {"reply_count": 0, "last_reply_at": 0, "participants": None}


@dataclass
class Command:
    """A custom slash command of one team."""

    trigger: str
    url: str
    team_id: str
    token: str = field(default_factory=new_id)
    id: str = field(default_factory=new_id)

    @property
    def json(self) -> Json:
        shown = {"id": self.id, "token": self.token, "team_id": self.team_id, "trigger": self.trigger, "method": "P"}
        return shown | {"url": self.url, "create_at": 1, "update_at": 1, "delete_at": 0}


@dataclass
class Hook:
    """Where answers to one typed command may be sent to later."""

    command: Command
    user_id: str
    channel_id: str
    root_id: str
    at: int
    uses: int = 0
    id: str = field(default_factory=new_id)


@dataclass
class Dialog:
    """A dialog that is open in somebody's client, with all that the client knows."""

    user_id: str
    channel_id: str
    url: str
    dialog: Json

    @property
    def state(self) -> str:
        return str(self.dialog.get("state") or "")

    @property
    def names(self) -> list[str]:
        return [str(element["name"]) for element in self.dialog.get("elements") or []]


@dataclass
class Config:
    """Settings of the server, by their names there; times in seconds."""

    version: str = "11.7.0"
    max_post_size: int = MAX_MESSAGE
    post_edit_time_limit: int = -1
    outgoing_integration_requests_timeout: float = 30
    enable_commands: bool = True
    groups_licensed: bool = False


class State:
    """All that the server keeps. Not safe for several threads by itself."""

    def __init__(self) -> None:
        self.config = Config()
        self.users: dict[str, User] = {}
        self.teams: dict[str, Team] = {}
        self.channels: dict[str, Channel] = {}
        self.posts: dict[str, Post] = {}
        self.ephemerals: dict[str, tuple[str, Post]] = {}
        """By the post's id: who alone was shown it, and what."""
        self.files: dict[str, File] = {}
        self.commands: dict[str, Command] = {}
        self.hooks: dict[str, Hook] = {}
        self.tokens: dict[str, str] = {}
        """Users' ids by what they authenticate with."""
        self.triggers: dict[str, str] = {}
        """By the trigger's id: the channel of the command or press that it came with."""
        self.dialogs: list[Dialog] = []
        self._pending: dict[str, tuple[int, str]] = {}
        self._ahead = 0

    def now(self) -> int:
        return int(time.time() * 1000) + self._ahead

    def pass_time(self, seconds: float) -> None:
        self._ahead += int(seconds * 1000)

    def forget_pending(self) -> None:
        """As at a restart: what keys were seen is held in memory only."""
        self._pending.clear()

    @property
    def version(self) -> tuple[int, int]:
        major, minor = self.config.version.split(".")[:2]
        return int(major), int(minor)

    def bearer(self, token: str | None) -> User | None:
        """Whose token this is."""
        return self.users.get(self.tokens.get(token or "", ""))

    def named(self, text: str) -> list[User]:
        """Who is mentioned in a text."""
        names = {name.lower().rstrip(".-_") for name in re.findall(r"(?<![\w@])@([\w.\-]+)", text)}
        return [each for each in self.users.values() if each.name.lower() in names]

    def trigger(self, user: User, channel: Channel) -> str:
        """What a command or a press comes with, to open a dialog by it."""
        parts = [new_id(), user.id, str(self.now()), new_id()]
        trigger = base64.b64encode(":".join(parts).encode()).decode()
        self.triggers[trigger] = channel.id
        return trigger

    def add_command(self, trigger: str, url: str, team_id: str) -> Command:
        made = Command(trigger, url, team_id)
        self.commands[made.id] = made
        return made

    def user(self, id: str) -> User:
        if id not in self.users:
            raise Refusal("app.user.missing_account.const", 404, "Unable to find the user.")
        return self.users[id]

    def channel(self, id: str) -> Channel:
        if id not in self.channels:
            raise Refusal("app.channel.get.existing.app_error", 404, "Unable to find the existing channel.")
        return self.channels[id]

    def may_read(self, user: User, channel: Channel) -> bool:
        """Members may; whoever belongs to the team may read open channels, too, unless a guest."""
        if user.id in channel.members:
            return True
        return channel.type == "O" and not user.is_guest and user.id in self.teams[channel.team_id].members

    def may_post(self, user: User, channel: Channel) -> bool:
        return (
            user.id in channel.members
            or "system_post_all" in user.roles.split()
            or (channel.type == "O" and "system_post_all_public" in user.roles.split())
        )

    def existing(self, id: str) -> Post:
        """A post that is there and was not deleted."""
        post = self.posts.get(id)
        if post is None or post.delete_at:
            raise no_post()
        return post

    def readable(self, id: str, user: User) -> Post:
        post = self.existing(id)
        if not self.may_read(user, self.channels[post.channel_id]):
            raise no_permission()
        return post

    def in_channel(self, channel: str) -> list[Post]:
        """What is in a channel now, threads included, oldest first."""
        return [each for each in self.posts.values() if each.channel_id == channel and not each.delete_at]

    def create(self, user: User, fields: Json) -> tuple[Post, bool]:
        """A post made by a client (POST /posts); false if it is the one that the same key made before."""
        channel = self.channels.get(str(fields.get("channel_id")))
        if channel is None or not self.may_post(user, channel):
            raise no_permission()
        if str(fields.get("type") or "").startswith("system_"):
            raise Refusal("api.context.invalid_param.app_error", 400, "Invalid post.type parameter.")
        if channel.delete_at:
            raise Refusal("api.post.create_post.can_not_post_to_deleted.error", 400, "Can not post to deleted channel.")
        key = str(fields.get("pending_post_id") or "")
        if key and (before := self._made_by(key, user)):
            return before, False
        if key:
            self._pending[key] = (self.now(), "")
        try:
            post = self._new_post(user, channel, fields)
        except Refusal:
            self._pending.pop(key, None)
            raise
        if key:
            self._pending[key] = (self.now(), post.id)
        return post, True

    def hold_pending(self, key: str) -> None:
        """As while the first try with a key is still under way on the server."""
        self._pending[key] = (self.now(), "")

    def _made_by(self, key: str, user: User) -> Post | None:
        at, id = self._pending.get(key, (0, ""))
        if not at or self.now() - at > PENDING_MS:
            return None
        if not id:
            raise Refusal("api.post.deduplicate_create_post.pending", 500, "Rejected post since another is in flight.")
        try:
            return self.readable(id, user)
        except Refusal as refusal:
            if refusal.status == 403:
                return None
            raise Refusal("api.post.deduplicate_create_post.failed_to_get", 500) from None

    def _new_post(self, user: User, channel: Channel, fields: Json) -> Post:
        props = {name: value for name, value in (fields.get("props") or {}).items() if name not in NOT_FROM_CLIENTS}
        if user.is_bot:
            props["from_bot"] = "true"
        root = str(fields.get("root_id") or "")
        if root:
            self._check_root(root, channel)
        metadata = fields.get("metadata") or {}
        if root and metadata.get("priority"):
            raise Refusal("api.post.post_priority.priority_post_only_allowed_for_root_post.request_error", 400)
        post = Post(user.id, channel.id, str(fields.get("message") or ""), root, props, str(fields.get("type") or ""))
        post.metadata = {"priority": metadata["priority"]} if metadata.get("priority") else {}
        self._attach(post, fields.get("file_ids") or [])
        self.check(post)
        return self.store(post)

    def _check_root(self, id: str, channel: Channel) -> None:
        root = self.posts.get(id)
        if root is None or root.delete_at or root.root_id:
            raise Refusal("api.post.create_post.root_id.app_error", 400, "Invalid RootId parameter.")
        if root.channel_id != channel.id:
            raise Refusal("api.post.create_post.channel_root_id.app_error", 400, "Invalid ChannelId for RootId.")

    def _attach(self, post: Post, ids: list[str]) -> None:
        if len(ids) > 10:
            raise Refusal("model.post.is_valid.file_ids.app_error", 400)
        for id in ids:
            file = self.files.get(id)
            if file and file.user_id == post.user_id and file.channel_id == post.channel_id and not file.post_id:
                file.post_id = post.id
                post.file_ids.append(id)
        if post.file_ids:
            post.metadata["files"] = [self.files[id].json for id in post.file_ids]

    def check(self, post: Post) -> None:
        """What holds of every stored post."""
        if len(post.message) > self.config.max_post_size:
            raise Refusal(
                "model.post.is_valid.message_length.app_error", 400, "Post Message is longer than the maximum."
            )
        if len(repr(post.props)) > MAX_PROPS:
            raise Refusal("model.post.is_valid.props.app_error", 400)
        _check_blocks(post.props)

    def store(self, post: Post) -> Post:
        for at, action in enumerate(post.actions):
            action.setdefault("id", f"action{at}")
        post.create_at = post.update_at = self.now()
        self.posts[post.id] = post
        return post

    def patch(self, user: User, id: str, fields: Json) -> Post:
        """PUT /posts/{id}/patch: what is there not, or deleted, is a lack of permission."""
        post = self.posts.get(id)
        if post is None or post.delete_at or post.user_id != user.id:
            raise no_permission()
        channel = self.channels[post.channel_id]
        if user.id not in channel.members:
            raise no_permission()
        limit = self.config.post_edit_time_limit
        if limit != -1 and self.now() > post.create_at + limit * 1000 and fields.get("message") is not None:
            raise Refusal("api.post.update_post.permissions_time_limit.app_error", 400)
        if channel.delete_at:
            raise Refusal("api.post.patch_post.can_not_update_post_in_deleted.error", 400)
        return self.update(post, fields)

    def update(self, post: Post, fields: Json) -> Post:
        """An edit; props that are given replace all that there were. What was there before stays as a row."""
        changed = copy.deepcopy(post)
        if fields.get("message") is not None:
            changed.message = str(fields["message"])
        if fields.get("props") is not None:
            changed.props = {k: v for k, v in fields["props"].items() if k not in NOT_FROM_CLIENTS}
            if self.users[post.user_id].is_bot:
                changed.props["from_bot"] = "true"
        if fields.get("is_pinned") is not None:
            changed.is_pinned = bool(fields["is_pinned"])
        self.check(changed)
        now = max(self.now(), post.update_at + 1)
        if (changed.message, changed.attachments) != (post.message, post.attachments):
            changed.edit_at = now
        history = copy.deepcopy(post)
        history.id, history.original_id = new_id(), post.id
        history.delete_at = history.update_at = now
        self.posts[history.id] = history
        changed.update_at = now
        self.posts[post.id] = changed
        return changed

    def delete(self, id: str) -> list[Post]:
        """A post goes with all below it."""
        post = self.existing(id)
        gone = [each for each in self.posts.values() if not each.delete_at and id in (each.id, each.root_id)]
        for each in gone:
            each.delete_at = each.update_at = self.now()
        return [post, *(each for each in gone if each is not post)]

    def since(self, channel: str, at: int) -> list[Post]:
        """Rows that changed after a moment, newest first: deleted ones and those of before an edit among them."""
        rows = [each for each in self.posts.values() if each.channel_id == channel and each.update_at > at]
        rows = sorted(rows, key=lambda each: each.update_at, reverse=True)[:SINCE_MOST]
        roots = {each.root_id for each in rows if each.root_id} - {each.id for each in rows}
        return _newest_first([*rows, *(self.posts[id] for id in roots if id in self.posts)])

    def page(self, channel: str, page: int, per_page: int, before: str = "", after: str = "") -> list[Post]:
        """A page of what is there, newest first."""
        there = _newest_first(self.in_channel(channel))
        ids = [each.id for each in there]
        if before:
            there = there[ids.index(before) + 1 :] if before in ids else []
        if after:
            there = there[: ids.index(after)] if after in ids else []
            end = len(there) - page * per_page
            return there[max(0, end - per_page) : max(0, end)]
        return there[page * per_page : (page + 1) * per_page]

    def thread(self, id: str) -> list[Post]:
        """A thread, the oldest first, by any post of it."""
        post = self.existing(id)
        root = self.existing(post.root_id or post.id)
        return [root, *(each for each in self.in_channel(root.channel_id) if each.root_id == root.id)]

    def show_one(self, user_id: str, channel_id: str, fields: Json, root_id: str = "") -> Post:
        """An ephemeral post: shown, stored nowhere, and so never to be changed."""
        post = Post(
            user_id, channel_id, str(fields.get("message") or ""), root_id, fields.get("props") or {}, EPHEMERAL
        )
        for at, action in enumerate(post.actions):
            action.setdefault("id", f"action{at}")
        post.create_at = post.update_at = self.now()
        self.ephemerals[post.id] = (user_id, post)
        return post

    def answer_command(self, hook: Hook, answer: Json) -> tuple[list[Post], Refusal | None]:
        """The posts that an answer to a command makes: the caller's, seen by one or by all; and what went wrong."""
        made: list[Post] = []
        error = None
        for each in (answer, *(answer.get("extra_responses") or [])):
            try:
                made += self._answer_once(hook, each)
            except Refusal:
                error = Refusal("api.command.execute_command.create_post_failed.app_error", 500)
        return made, error

    def _answer_once(self, hook: Hook, answer: Json) -> list[Post]:
        channel_id = str(answer.get("channel_id") or hook.channel_id)
        if channel_id != hook.channel_id and hook.user_id not in self.channel(channel_id).members:
            raise Refusal("api.command.command_post.forbidden.app_error", 403)
        props = {name: value for name, value in (answer.get("props") or {}).items() if name not in RESERVED}
        props["from_webhook"] = "true"
        if answer.get("attachments") is not None:
            props["attachments"] = copy.deepcopy(answer["attachments"])
        text = str(answer.get("text") or "")
        text = text if answer.get("skip_slack_parsing") else slack_text(text)
        match answer.get("response_type") or "ephemeral":
            case "ephemeral" if text or "attachments" in props:
                return [self.show_one(hook.user_id, channel_id, {"message": text, "props": props}, hook.root_id)]
            case "in_channel":
                if hook.root_id:
                    self._check_root(hook.root_id, self.channels[channel_id])
                post = Post(hook.user_id, channel_id, text, hook.root_id, props, str(answer.get("type") or ""))
                self.check(post)
                return [self.store(post)]
            case _:
                return []

    def use_hook(self, id: str) -> Hook:
        """One use of a response_url, of the few within half an hour."""
        hook = self.hooks.get(id)
        if hook is None or self.now() - hook.at > HOOK_MS:
            raise Refusal("app.command_webhook.get.missing", 404, "Unable to get the webhook.")
        if hook.uses >= HOOK_USES:
            raise Refusal("app.command_webhook.try_use.invalid", 400, "Invalid webhook.")
        hook.uses += 1
        return hook


def slack_text(text: str) -> str:
    """What the server makes of Slack's markup in a text, unless it is told not to."""
    text = re.sub(r"<!(channel|here|all|everyone)>", r"@\1", text)
    return re.sub(r"<(https?://[^|>]*|mailto:[^|>]*)\|([^>]*)>", r"[\2](\1)", text)


def _newest_first(posts: list[Post]) -> list[Post]:
    places = {post.id: at for at, post in enumerate(posts)}
    return sorted(posts, key=lambda each: (each.create_at, places[each.id]), reverse=True)


def _check_blocks(props: Json) -> None:
    """Each action that blocks refer to must be in the registry, and each of the registry be referred to."""
    blocks, registry = props.get("mm_blocks"), props.get("mm_blocks_actions") or {}
    if blocks is None:
        return
    named = set(_action_ids(blocks))
    if named != registry.keys() or len(registry) > 50:
        raise Refusal("model.post.is_valid.mm_blocks_actions.app_error", 400)
    if any(not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id) for id in named):
        raise Refusal("model.post.is_valid.mm_blocks_actions.app_error", 400)


def _action_ids(value: object) -> list[str]:
    if isinstance(value, list):
        return [id for each in value for id in _action_ids(each)]
    if isinstance(value, dict):
        own = [str(value["action_id"])] if "action_id" in value else []
        return own + [id for each in value.values() for id in _action_ids(each)]
    return []
