"""Mattermost as a platform of bot.chat: posts, edits, private replies, look-ups by our marker, dialogs, membership."""

import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bot.alerts.delivery.outcome import (
    Delivered,
    EditClosed,
    Gone,
    Lookup,
    Missing,
    NotSent,
    Outcome,
    Refused,
    Unknown,
    Unverifiable,
)
from bot.chat.answer_queue import AnswerQueue, Sending, first_try, tries, undelivered
from bot.chat.command import Choice
from bot.chat.platform import Actor, Opening, Origin
from bot.chat.reply import Attachment, Code, Link, Paragraph, PersonName, Reply, RichText, Typed, line, notice
from bot.mattermost import dialogs
from bot.mattermost.client import Json, MattermostClient
from bot.mattermost.directory import PREFIX, Directory, Room
from bot.mattermost.errors import NO_PERMISSION, MattermostError, lookup_of, outcome_of
from bot.mattermost.posts import POSTS_MAX, Drawn, Pen, PostPlace

MARKER = "xocompat"
"""The property of a post that holds its key."""

AROUND = timedelta(seconds=60)
"""How long before a try its post is looked for: the server's clock is known, and that is the rest."""

LISTED_MAX = 1000
HOOK = re.compile(r"/hooks/commands/([A-Za-z0-9]{20,40})/?$", re.ASCII)
_HOOK_ENDED = "the reply's address has ended"
HOOK_BLIND = 2
"""Times that a private reply may be sent in doubt: an address takes five in all."""

SHARED = notice(line("Shared to the channel."))
TEAM = "mattermost"
"""Whose everybody is: names of people hold for the whole server."""


class Mailbox:
    """Takes the one reply that goes with the answer to a press, while its request waits for that.

    `hook` is the address of the command whose answer was pressed on, where there is one; it stands in the address, too,
    so that what follows later still finds it.
    """

    def __init__(self, hook: str) -> None:
        self.address = f"press:{secrets.token_urlsafe(9)}:{hook}"
        self._changed = threading.Condition()
        self._text: str | None = None
        self._is_closed = False
        self.reply: Reply | None = None

    def put(self, text: str, reply: Reply | None = None) -> bool:
        """Whether the presser will see it."""
        with self._changed:
            if self._is_closed:
                return False
            self._text, self.reply, self._is_closed = text, reply, True
            self._changed.notify_all()
            return True

    def take(self, seconds: float) -> str:
        """What came within so many seconds; nothing more is taken then."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed, seconds)
            self._is_closed = True
            return self._text or ""


class MattermostPlatform:
    """bot.chat.platform.Platform. Without a `queue` answers are tried once."""

    name: str = "Mattermost"
    private_uses: int | None = 3
    """A response_url takes five, but nothing replaces what is private: how far something has come is not said."""

    def __init__(
        self, client: MattermostClient, directory: Directory, pen: Pen, queue: AnswerQueue | None = None
    ) -> None:
        self._client = client
        self._directory = directory
        self._pen = pen
        self._queue = queue
        self._boxes: dict[str, Mailbox] = {}
        self._superseded: dict[str, str] = {}

    def is_member(self, actor: Actor) -> bool | None:
        """Guests, bots, and people of other servers are none."""
        try:
            return self._directory.by_who(actor.user).is_home
        except MattermostError as error:
            return False if error.is_missing else None

    def in_group(self, group: str, user: str) -> bool | None:
        return self._directory.in_group(group, user) if group.startswith(f"{PREFIX}@") else None

    @property
    def why_groups_unknown(self) -> str:
        return self._directory.group_fault or "it has no such groups"

    def post(
        self, channel: str, reply: Reply, thread: str | None = None, key: str | None = None, most: int | None = None
    ) -> Outcome:
        instead = self._superseded.pop(channel, "") if key and not thread else ""
        if instead:
            url = self.permalink(channel, instead)
            said = line(
                "Replaces ", Link("an earlier message", url), ", which this server does not let me edit any more."
            )
            reply = reply._replace(context=(*reply.context, said))
        outcome = self._in_channel(channel, lambda room: self._post_all(room, reply, thread, key, most))
        if instead and not isinstance(outcome, Delivered):
            self._superseded[channel] = instead
        return outcome

    def edit(
        self, channel: str, message: str, reply: Reply, thread: str | None = None, most: int | None = None
    ) -> Outcome:
        """Where the server lets no old post be edited, the message is as good as gone: it is posted anew."""

        def edit(room: Room) -> Outcome:
            post = self._ours(message, room.id)
            if post is None:
                return Gone("message_not_found")
            key = str(post["props"][MARKER]["key"])
            first, *others = self._pen.posts(
                reply,
                PostPlace(room.id, key, thread=str(post.get("root_id") or "")),
                (most or POSTS_MAX) if thread else 1,
            )
            # What is not in the properties of an edit is gone from the post.
            body = {"message": first.text, "props": _props(first, key)}
            outcome = self._called(lambda: self._client.call("PUT", f"/posts/{message}/patch", json=body))
            if isinstance(outcome, EditClosed):
                self._superseded[channel] = message
                return Gone(outcome.code)
            for each in others if isinstance(outcome, Delivered) else ():
                if not isinstance(posted := self._post(room.id, each, thread, secrets.token_hex(16)), Delivered):
                    return posted
            return outcome

        return self._in_channel(channel, edit)

    def find(self, key: str, channel: str, around: datetime, thread: str | None = None) -> Lookup:
        try:
            room, me = self._directory.room(channel), self._directory.me()
            since = int(((around - AROUND).timestamp() + self._client.ahead) * 1000)
            if thread:
                listed = self._client.get(f"/posts/{thread}/thread")["posts"]
            else:
                listed = self._client.get(f"/channels/{room.id}/posts", since=since)["posts"]
            for post in listed.values():
                is_there = not (post.get("delete_at") or post.get("original_id"))
                is_ours = post["user_id"] == me.id and _key_of(post) == key
                if is_there and is_ours and (post.get("root_id") or None) == thread:
                    return Delivered(str(post["id"]))
        except MattermostError as error:
            return lookup_of(error)
        except (LookupError, TypeError, AttributeError):
            return NotSent("", "Mattermost cannot be reached: something else answered")
        return Missing() if thread or len(listed) < LISTED_MAX else Unverifiable("too_many_messages")

    def permalink(self, channel: str, message: str) -> str:  # noqa: ARG002 # of whatever channel
        """The address of a post, for whoever reads of it elsewhere."""
        return f"{self._client.url}/_redirect/pl/{message}"

    def answer(self, origin: Origin, reply: Reply, opening: Opening | None = None, most: int | None = None) -> Outcome:
        return self._deliver(self._answering(origin.actor, reply, opening, most), origin.actor)

    def respond(
        self,
        origin: Origin,
        reply: Reply,
        replace: bool = False,  # noqa: ARG002 # nothing private can be changed here
        most: int | None = None,
        once: bool = False,
    ) -> Outcome:
        sending = self._responding(origin, reply, most)
        return first_try(sending) if once else self._deliver(sending, origin.actor)

    def share(self, origin: Origin, reply: Reply) -> Outcome:
        """By the bot, where it is in the channel; else at the command's own address, in the asker's name."""
        return self._deliver(self._sharing(origin, reply), origin.actor)

    def open_picker(self, origin: Origin, command: str, choices: Sequence[Choice]) -> Outcome:
        return self._open(origin, command, dialogs.picker(choices))

    def open_moment_picker(self, origin: Origin, words: str, first: datetime) -> Outcome:
        opened = self._open(origin, words, dialogs.moment_picker(words, first))
        return self._or_type(origin, opened, Typed(f"{words} {first.date().isoformat()}"))

    def open_note(self, origin: Origin, words: str) -> Outcome:
        opened = self._open(origin, words, dialogs.note_dialog())
        return self._or_type(origin, opened, Typed(f"{words}: NOTE", is_synopsis=True))

    def open_check(self, origin: Origin, watches: bool = False) -> Outcome:  # noqa: ARG002 # nothing is chosen here
        return self.respond(origin, notice(line("Type it: ", Typed("XenServer 7.2"))))

    def publish_home(self, user: str, parts: Sequence[Reply]) -> Outcome:  # noqa: ARG002 # the port's
        return NotSent("no_home", "Mattermost has no page for a bot")

    @contextmanager
    def mailbox(self, hook: str = "") -> Iterator[Mailbox]:
        """For the reply to a press that has just come; its address is the origin's."""
        box = Mailbox(hook)
        self._boxes[box.address] = box
        try:
            yield box
        finally:
            del self._boxes[box.address]

    def text_of(self, reply: Reply) -> str:
        """A reply as text alone."""
        return self._pen.text(reply)

    def has_post(self, post: str, channel: str, key: str) -> bool:
        """Whether a post (by its id) is ours, in that channel, and has that key. MattermostError: not known."""
        found = self._ours(post, channel)
        return found is not None and _key_of(found) == key

    def is_in(self, channel: str, user: str) -> bool:
        """Whether somebody is in a channel, both by Mattermost's ids. MattermostError: not known."""
        try:
            self._client.get(f"/channels/{channel}/members/{user}")
        except MattermostError as error:
            if error.status in (403, 404):
                return False
            raise
        return True

    def acknowledgement(self, origin: Origin, reply: Reply) -> Json:
        """A reply as the answer to a command, for its author's eyes alone; text alone where nobody knows the place."""
        try:
            place = self._alone(origin.actor, origin.address or "")
        except MattermostError:
            return {"response_type": "ephemeral", **_message(Drawn(self._pen.text(reply)))}
        first, *others = (_message(each) for each in self._pen.posts(reply, place))
        body = {"response_type": "ephemeral", **first}
        return body | {"extra_responses": [{"response_type": "ephemeral", **each} for each in others]}

    def _deliver(self, sending: Sending, actor: Actor) -> Outcome:
        return self._queue.deliver(sending, actor) if self._queue else first_try(sending)

    def _in_channel(self, channel: str, do: Callable[[Room], Outcome]) -> Outcome:
        try:
            outcome = do(self._directory.room(channel))
        except MattermostError as error:
            return outcome_of(error)
        if isinstance(outcome, Refused) and outcome.code != NO_PERMISSION:
            self._directory.forget(channel)
        return outcome

    def _called(self, call: Callable[[], Any]) -> Outcome:
        """The outcome of a call; with the id of the post that it answers, if it is one."""
        try:
            found = call()
        except MattermostError as error:
            return outcome_of(error)
        id = found.get("id") if isinstance(found, Mapping) else None
        return Delivered(id if isinstance(id, str) else None)

    def _post_all(self, room: Room, reply: Reply, thread: str | None, key: str | None, most: int | None) -> Outcome:
        """The first post where it belongs, what it can't hold in the thread."""
        own = key or secrets.token_hex(16)
        first, *others = self._pen.posts(
            reply, PostPlace(room.id, own, thread=thread or ""), 1 if key else most or POSTS_MAX
        )
        outcome = self._post(room.id, first, thread, own)
        if not isinstance(outcome, Delivered):
            return outcome
        for each in others:
            posted = self._post(room.id, each, thread or outcome.id, secrets.token_hex(16))
            if not isinstance(posted, Delivered):
                return posted
        return outcome

    def _post(self, channel: str, drawn: Drawn, thread: str | None, key: str, files: Sequence[str] = ()) -> Outcome:
        """A post. Within half a minute the same key makes no second one; beyond that it is found by the marker."""
        body = {"channel_id": channel, "message": drawn.text, "props": _props(drawn, key), "pending_post_id": key}
        body |= {"root_id": thread} if thread else {}
        body |= {"file_ids": [*files]} if files else {}
        outcome = self._called(lambda: self._client.post("/posts", body))
        return Unknown("Mattermost did not say where the post is") if outcome == Delivered(None) else outcome

    def _ours(self, message: str, channel: str) -> Json | None:
        """One of our posts as it is; None if it is not there, elsewhere, or not ours. MattermostError: not known."""
        try:
            post = self._client.get(f"/posts/{message}")
        except MattermostError as error:
            if error.status in (400, 403, 404) and error.id:
                return None
            raise
        there = isinstance(post, dict) and not post.get("delete_at") and post.get("channel_id") == channel
        return post if there and post.get("user_id") == self._directory.me().id and _key_of(post) else None

    def _posting(self, channel: str, thread: str | None, draw: Callable[[str, str], Drawn]) -> Sending:
        """One post, with a key of its own by which it is looked up where nobody knows whether it is there."""
        key, began = secrets.token_hex(16), datetime.now(UTC)

        def send() -> Outcome:
            return self._in_channel(channel, lambda room: self._post(room.id, draw(room.id, key), thread, key))

        return (yield from tries(send, lambda: self.find(key, channel, began, thread)))

    def _posting_all(
        self, channel: str, thread: str | None, reply: Reply, most: int | None, by: RichText = ()
    ) -> Sending:
        """All posts of a reply; what the first can't hold goes below it."""
        outcome: Outcome = Delivered(None)
        for at in range(len(self._pen.posts(reply, PostPlace(""), most or POSTS_MAX, by))):
            draw = partial(self._drawn, reply, at, most, by, thread)
            outcome = yield from self._posting(channel, thread, draw)
            if not isinstance(outcome, Delivered):
                break
            thread = thread or outcome.id
        return outcome

    def _drawn(
        self, reply: Reply, at: int, most: int | None, by: RichText, thread: str | None, room: str, key: str
    ) -> Drawn:
        return self._pen.posts(reply, PostPlace(room, key, thread=thread or ""), most or POSTS_MAX, by)[at]

    def _answering(self, actor: Actor, reply: Reply, opening: Opening | None, most: int | None) -> Sending:
        channel, thread = actor.channel or "", actor.thread
        if reply.attachment:
            reply = self._with_file(actor, reply, reply.attachment)
        message = opening.id if opening else None
        if opening and message is None:
            found = self.find(opening.key, channel, opening.at, thread)
            message = found.id if isinstance(found, Delivered) else None
        if message:
            edited = yield from tries(lambda: self.edit(channel, message, reply, thread or message, most))
            if not isinstance(edited, Gone):
                if not isinstance(edited, Delivered):
                    self.edit(channel, message, undelivered(edited))
                return edited
            self._superseded.pop(channel, None)
        return (yield from self._posting_all(channel, thread, reply, most))

    def _responding(self, origin: Origin, reply: Reply, most: int | None) -> Sending:
        """For the actor's eyes: with the answer to a press, at the command's address, or else in their direct messages
        with the bot: posts for one person's eyes only administrators may make.
        """
        actor, box = origin.actor, self._boxes.get(origin.address or "")
        if reply.attachment:
            reply = self._with_file(actor, reply, reply.attachment)
        if box and box.put(self._pen.text(reply), reply):
            return Delivered(None)
        if HOOK.search(hook := origin.address or ""):
            outcome = yield from self._by_hook(hook, actor, reply, "ephemeral", most)
            if not (isinstance(outcome, NotSent) and outcome.reason == _HOOK_ENDED):
                return outcome
        direct = f"{PREFIX}@{actor.user.removeprefix(PREFIX)}"
        return (yield from self._posting_all(direct, actor.thread if actor.channel == direct else None, reply, most))

    def _by_hook(self, hook: str, actor: Actor, reply: Reply, kind: str, most: int | None = None) -> Sending:
        """At a command's address, which is ours to call on the server alone. It takes five replies in half an hour."""
        found = HOOK.search(hook)
        try:
            place = self._alone(actor, hook)
        except MattermostError as error:
            return outcome_of(error)
        by = line(PersonName(actor.user)) if kind == "in_channel" else ()
        outcome: Outcome = Delivered(None)
        for each in self._pen.posts(reply, place, most or POSTS_MAX, by):
            body = {**_message(each), "response_type": kind}
            outcome = yield from tries(lambda body=body: self._hooked(str(found and found[1]), body), blind=HOOK_BLIND)  # type: ignore[misc]
            if not isinstance(outcome, Delivered):
                break
        return outcome

    def _hooked(self, id: str, body: Json) -> Outcome:
        try:
            self._client.call("POST", f"/hooks/commands/{id}", base="", json=body)
        except MattermostError as error:
            if error.status in (400, 404):
                return NotSent(error.id or "hook_ended", _HOOK_ENDED)
            return Delivered(None) if error.status == 200 else outcome_of(error)
        return Delivered(None)

    def _sharing(self, origin: Origin, reply: Reply) -> Sending:
        actor, box = origin.actor, self._boxes.get(origin.address or "")
        by = line(PersonName(actor.user))
        posted = yield from self._posting_all(actor.channel or "", actor.thread, reply, None, by)
        if isinstance(posted, Refused) and HOOK.search(hook := origin.address or ""):
            posted = yield from self._by_hook(hook, actor, reply, "in_channel")
        if box and isinstance(posted, Delivered):
            box.put(self._pen.text(SHARED), SHARED)
        return posted

    def _open(self, origin: Origin, words: str, dialog: Json) -> Outcome:
        """Show a dialog; its state is signed for the one person who may send it off."""
        if not (origin.trigger and self._pen.callback):
            return NotSent("no_trigger", "Mattermost gave no trigger to open a dialog with")
        actor, box = origin.actor, self._boxes.get(origin.address or "")
        try:
            about = {"kind": dialog["callback_id"], "words": words, "nonce": secrets.token_urlsafe(9)}
            place = self._alone(actor, origin.address or "")
            about |= {
                "user": place.user,
                "channel": place.channel,
                "thread": place.thread,
                "hook": place.address,
                "room": place.room,
            }
            dialog = {**dialog, "state": self._pen.seals.state(about)}
            url = f"{self._pen.callback}{dialogs.DIALOG_PATH}"
            self._client.post("/actions/dialogs/open", {"trigger_id": origin.trigger, "url": url, "dialog": dialog})
        except MattermostError as error:
            return outcome_of(error)
        if box:
            box.put("")
        return Delivered(None)

    def _or_type(self, origin: Origin, opened: Outcome, typed: Typed) -> Outcome:
        """Where no dialog opens, what to type in its place."""
        if isinstance(opened, Delivered) or not origin.trigger:
            return opened
        return self.respond(origin, notice(line("The window did not open. Type it: ", typed)))

    def _with_file(self, actor: Actor, reply: Reply, attachment: Attachment) -> Reply:
        """The reply once its file is in the actor's direct messages, or with why it is not."""
        content = attachment.content
        data = content.encode("utf-8-sig") if isinstance(content, str) else content  # so a spreadsheet knows it
        try:
            room = self._directory.room(f"{PREFIX}@{actor.user.removeprefix(PREFIX)}")
            sent = {"files": (attachment.name, data)}
            answer = self._client.call("POST", "/files", data={"channel_id": room.id}, files=sent)
            file = str(answer["file_infos"][0]["id"])
            outcome = self._post(
                room.id, Drawn(self._pen.text(notice(line(reply.summary)))), None, secrets.token_hex(16), [file]
            )
        except MattermostError as error:
            outcome = outcome_of(error)
        except (LookupError, TypeError):
            outcome = Unknown("Mattermost did not say what became of it")
        if isinstance(outcome, Delivered):
            said = line(attachment.name, " is in your direct messages with me.")
        else:
            said = line(
                "I could not send the file here. In a shell ", Code("xocompat export --output FILE"), " has the same."
            )
        return reply._replace(blocks=(*reply.blocks, Paragraph((said,))), attachment=None)

    def _alone(self, actor: Actor, address: str) -> PostPlace:
        """Where the actor alone sees a post. MattermostError: not known."""
        room, user = self._directory.room(actor.channel or ""), self._directory.user_id(actor.user)
        return PostPlace(room.id, user=user, address=hook_of(address), thread=actor.thread or "", room=room.name)


def hook_of(address: str | None) -> str:
    """The address of a command that stands in an origin's; empty where none does."""
    return (
        (address or "").removeprefix("press:").partition(":")[2]
        if (address or "").startswith("press:")
        else address or ""
    )


def _message(drawn: Drawn) -> Json:
    """A post as an answer to a command has it; what stands in angle brackets is not to be translated."""
    return {"text": drawn.text, "attachments": [*drawn.attachments], "skip_slack_parsing": True}


def _props(drawn: Drawn, key: str) -> Json:
    return {MARKER: {"key": key}, "attachments": [*drawn.attachments]}


def _key_of(post: Mapping[str, Any]) -> str | None:
    """The key that a post carries, if it is one of ours."""
    marker = (post.get("props") or {}).get(MARKER)
    key = marker.get("key") if isinstance(marker, dict) else None
    return key if isinstance(key, str) else None
