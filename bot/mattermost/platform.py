"""Mattermost as a platform of bot.chat: posts, edits, private replies, look-ups by our marker, dialogs, membership."""

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.alerts.delivery.outcome import (
    Delivered,
    Gone,
    Lookup,
    Missing,
    NotSent,
    Outcome,
    Refused,
    Unknown,
    Unverifiable,
    looked_up,
)
from bot.catalogue import message, say
from bot.chat.answer_queue import AnswerQueue, Sending, first_try, in_turn, tries
from bot.chat.answering import AnswerMessages
from bot.chat.command import Choice
from bot.chat.platform import Actor, Opening, Origin
from bot.chat.reply import Attachment, PersonName, Reply, RichText, line, notice, say_line
from bot.mattermost import dialogs
from bot.mattermost.client import Json, MattermostClient
from bot.mattermost.directory import PREFIX, Directory
from bot.mattermost.errors import NO_PERMISSION, MattermostError, outcome_of
from bot.mattermost.posts import POSTS_MAX, Drawn, Pen, PostPlace

MARKER = "xocompat"
"""The property of a post that holds its key."""

AROUND = timedelta(seconds=60)
"""How long before a try its post is looked for: the server's clock is known, and that is the rest."""

PAGE, PAGES_MAX = 200, 50
"""Posts of a channel that are asked for at once, and how often: of more than 10,000 since a try it stays unknown."""

HOOK = re.compile(r"/hooks/commands/([A-Za-z0-9]{20,40})/?$", re.ASCII)
HOOK_BLIND = 2
"""Times that a private reply may be sent in doubt: an address takes five in all."""

NO_WAY = NotSent("no_way", message("Mattermost shows the asker nothing there"))
"""Of what is for one person's eyes: the command's address has ended, or there is none, and the bot lacks the right."""

REFUSED_FOR = 300.0
"""Seconds for which the right to make ephemeral posts is not tried again: few servers give it to a bot."""

TEAM = "mattermost"
"""Whose everybody is: names of people hold for the whole server."""


class MattermostPlatform:
    """bot.chat.platform.Platform. Without a `queue` answers are tried once."""

    name: str = "Mattermost"
    private_uses: int | None = 5
    """A response_url takes five replies in half an hour."""

    def __init__(
        self, client: MattermostClient, directory: Directory, pen: Pen, queue: AnswerQueue | None = None
    ) -> None:
        self._client = client
        self._directory = directory
        self._pen = pen
        self._messages: AnswerMessages[Drawn] = AnswerMessages(
            self._post, self._edit, self.find, lambda reply: self._draw(reply, 1)[0], self._send_file, queue
        )
        self._may_not_until = 0.0

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
        return self._directory.group_fault or say("it has no such groups")

    def post(self, channel: str, reply: Reply, thread: str | None = None, key: str | None = None) -> Outcome:
        return self._post(channel, thread, self._draw(reply, 1)[0], key or secrets.token_hex(16))

    def edit(self, channel: str, message: str, reply: Reply) -> Outcome:
        return self._edit(channel, message, self._draw(reply, 1)[0])

    def find(self, key: str, channel: str, around: datetime, thread: str | None = None) -> Lookup:
        """Page by page from the newest post back to the time of the try, by the server's clock."""
        earliest = int(((around - AROUND).timestamp() + self._client.ahead) * 1000)
        try:
            room, me = self._directory.room(channel), self._directory.me()
            path = f"/posts/{thread}/thread" if thread else f"/channels/{room.id}/posts"
            asked: Json = {} if thread else {"per_page": PAGE}
            for _ in range(PAGES_MAX):
                page = self._client.get(path, **asked)
                for post in page["posts"].values():
                    is_ours = post["user_id"] == me.id and _key_of(post) == key and not post.get("delete_at")
                    if is_ours and (post.get("root_id") or None) == thread:
                        return Delivered(str(post["id"]))
                order = page["order"]
                if thread or len(order) < PAGE or int(page["posts"][order[-1]]["create_at"]) < earliest:
                    return Missing()
                asked["before"] = order[-1]
        except MattermostError as error:
            return looked_up(outcome_of(error))
        except (LookupError, TypeError, ValueError, AttributeError):
            return NotSent("", say("Mattermost cannot be reached: something else answered"))
        return Unverifiable("too_many_messages")

    def permalink(self, channel: str, message: str) -> str:  # noqa: ARG002 # of whatever channel
        """The address of a post, for whoever reads of it elsewhere."""
        return f"{self._client.url}/_redirect/pl/{message}"

    def answer(self, origin: Origin, reply: Reply, opening: Opening | None = None, most: int | None = None) -> Outcome:
        actor = origin.actor

        def sending() -> Sending:
            drawn = self._draw(self._messages.with_file(actor, reply), most)
            return (yield from self._messages.answering(actor.channel or "", actor.thread, drawn, opening))

        return self._messages.deliver(sending(), actor)

    def respond(
        self, origin: Origin, reply: Reply, replace: bool = False, most: int | None = None, once: bool = False
    ) -> Outcome:
        """With the answer to a press, at the command's address, or else in the actor's direct messages with the bot.

        Nothing private can be changed: what is to `replace` a reply stands below it, and how far something has come
        (which is said `once`) has no place in direct messages.
        """

        def sending() -> Sending:
            told = self._messages.with_file(origin.actor, reply)
            if origin.first and origin.first.put(told):
                return Delivered(None)
            outcome = yield from self._alone(origin, told, most)
            # What is in doubt cannot be looked up here, so it is given up soon. A direct message can, and is tried on.
            if outcome is not NO_WAY and not isinstance(outcome, Unknown):
                return outcome
            if replace and once:
                return outcome if isinstance(outcome, Unknown) else NotSent("", say(NO_WAY.reason))
            return (yield from self._direct(origin.actor, told, most))

        return first_try(sending()) if once else self._messages.deliver(sending(), origin.actor)

    def pressed(self, origin: Origin, reply: Reply) -> str:
        """The text that goes with the answer to a press, which can have no buttons.

        A reply that has some is shown beside it, where there is a way; then there is no text.
        """
        if self._draw(reply, 1)[0].buttons and isinstance(first_try(self._alone(origin, reply)), Delivered):
            return ""
        return self._pen.markdown.message(reply, self._directory.post_max())

    def share(self, origin: Origin, reply: Reply) -> Outcome:
        """By the bot, where it is in the channel; else at the command's own address, in the asker's name."""
        actor = origin.actor

        def sending() -> Sending:
            posts = self._draw(reply, None, line(PersonName(actor.user)))
            posted = yield from self._messages.posting_all(actor.channel or "", actor.thread, posts)
            if isinstance(posted, Refused) and origin.address:
                posted = yield from self._by_hook(origin, posts, "in_channel")
            if origin.first and isinstance(posted, Delivered):
                origin.first.put(notice(say_line("Shared to the channel.")))
            return posted

        return self._messages.deliver(sending(), actor)

    def open_picker(self, origin: Origin, command: str, choices: Sequence[Choice]) -> Outcome:
        return self._open(origin, command, dialogs.picker(command, choices))

    def open_moment_picker(self, origin: Origin, words: str, first: datetime) -> Outcome:
        return self._open(origin, words, dialogs.moment_picker(words, first))

    def open_note(self, origin: Origin, words: str) -> Outcome:
        return self._open(origin, words, dialogs.note_dialog())

    def open_check(self, origin: Origin, watches: bool = False) -> Outcome:  # noqa: ARG002 # nothing is chosen here
        return NotSent("no_window", say("Mattermost has no window to check a release in"))

    def publish_home(self, user: str, parts: Sequence[Reply]) -> Outcome:  # noqa: ARG002 # the port's
        return NotSent("no_home", say("Mattermost has no page for a bot"))

    def has_post(self, post: str, channel: str, key: str) -> bool:
        """Whether a post (by its id) is ours, in that channel, and has that key. MattermostError: not known."""
        found = self._ours(post, channel)
        return found is not None and found.post == key

    def acknowledgement(self, origin: Origin, reply: Reply) -> Json:
        """A reply as the answer to a command, for its author's eyes alone; text alone where nobody knows the place."""
        size = self._directory.post_max()
        try:
            place = self._place(origin)
        except MattermostError:
            return self._said(Drawn(self._pen.markdown.message(reply, size)), PostPlace(""), "ephemeral")
        first, *others = (self._said(each, place, "ephemeral") for each in self._draw(reply, None))
        return {**first, "extra_responses": others}

    def _draw(self, reply: Reply, most: int | None, shared_by: RichText = ()) -> list[Drawn]:
        return self._pen.posts(reply, most or POSTS_MAX, shared_by, self._directory.post_max())

    def _failed(self, channel: str, error: MattermostError) -> Outcome:
        """What came of a call that concerns a channel; where that is not what it was, it is looked for anew."""
        outcome = outcome_of(error)
        if isinstance(outcome, Refused) and outcome.code != NO_PERMISSION:
            self._directory.forget(channel)
        return outcome

    def _post(self, channel: str, thread: str | None, drawn: Drawn, key: str, files: Sequence[str] = ()) -> Outcome:
        """A post. Within half a minute the same key makes no second one; beyond that it is found by the marker."""
        try:
            room = self._directory.room(channel)
            body = self._body(drawn, PostPlace(room.id, key, thread=thread or ""))
            body |= {"channel_id": room.id, "root_id": thread or "", "pending_post_id": key, "file_ids": [*files]}
            found = self._client.post("/posts", body)
        except MattermostError as error:
            return self._failed(channel, error)
        id = found.get("id") if isinstance(found, Mapping) else None
        return Delivered(id) if isinstance(id, str) else Unknown(say("Mattermost did not say where the post is"))

    def _edit(self, channel: str, id: str, drawn: Drawn) -> Outcome:
        try:
            place = self._ours(id, self._directory.room(channel).id)
            if place is None:
                return Gone("message_not_found")
            self._client.patch(id, self._body(drawn, place))
        except MattermostError as error:
            return self._failed(channel, error)
        return Delivered(id)

    def _body(self, drawn: Drawn, place: PostPlace) -> Json:
        props = {MARKER: {"key": place.post}, "attachments": self._pen.attachments(drawn, place)}
        return {"message": drawn.text, "props": props}

    def _said(self, drawn: Drawn, place: PostPlace, kind: str) -> Json:
        """A post as an answer to a command has it; what stands in angle brackets is not to be translated."""
        attachments = self._pen.attachments(drawn, place)
        return {"response_type": kind, "text": drawn.text, "attachments": attachments, "skip_slack_parsing": True}

    def _ours(self, message: str, channel: str) -> PostPlace | None:
        """Where one of our posts stands; None if it is not there, or not ours. MattermostError: not known."""
        post = self._client.find(f"/posts/{message}")
        there = isinstance(post, dict) and not post.get("delete_at") and post.get("channel_id") == channel
        key = _key_of(post) if there and post.get("user_id") == self._directory.me().id else None
        return PostPlace(channel, key, thread=str(post.get("root_id") or "")) if key else None

    def _place(self, origin: Origin) -> PostPlace:
        """Where the actor alone sees a post. MattermostError: not known."""
        actor = origin.actor
        room, user = self._directory.room(actor.channel or ""), self._directory.user_id(actor.user)
        return PostPlace(room.id, "", user, origin.address or "", actor.thread or "", room.name)

    def _direct(self, actor: Actor, reply: Reply, most: int | None = None) -> Sending:
        """In the actor's direct messages with the bot."""
        channel = _direct_messages(actor)
        thread = actor.thread if actor.channel == channel else None
        return (yield from self._messages.posting_all(channel, thread, self._draw(reply, most)))

    def _alone(self, origin: Origin, reply: Reply, most: int | None = None) -> Sending:
        """For the actor's eyes, where the request came from: at the command's address, in their conversation with the
        bot if it came from there, or as ephemeral posts; NO_WAY where none of that is possible.
        """
        posts = self._draw(reply, most)
        outcome = yield from self._by_hook(origin, posts, "ephemeral")
        if outcome is NO_WAY and origin.actor.channel == _direct_messages(origin.actor):
            return (yield from self._direct(origin.actor, reply, most))
        if outcome is not NO_WAY or time.monotonic() < self._may_not_until:
            return outcome

        def show(drawn: Drawn) -> None:
            place = self._place(origin)
            post = {**self._body(drawn, place), "channel_id": place.channel, "root_id": place.thread}
            self._client.post("/posts/ephemeral", {"user_id": place.user, "post": post})

        return (yield from self._blindly(posts, show))

    def _by_hook(self, origin: Origin, posts: Sequence[Drawn], kind: str) -> Sending:
        """At a command's address, which is ours to call on the server alone. It takes five replies in half an hour."""
        found = HOOK.search(origin.address or "")

        def show(drawn: Drawn) -> None:
            self._client.hook(found[1] if found else "", self._said(drawn, self._place(origin), kind))

        return (yield from self._blindly(posts, show)) if found else NO_WAY

    def _blindly(self, posts: Sequence[Drawn], show: Callable[[Drawn], None]) -> Sending:
        """Show posts that nobody can look up; NO_WAY where Mattermost does not take them."""

        def send(drawn: Drawn) -> Outcome:
            try:
                show(drawn)
            except MattermostError as error:
                if error.id == NO_PERMISSION:
                    self._may_not_until = time.monotonic() + REFUSED_FOR
                return NO_WAY if error.status in (400, 403, 404) else outcome_of(error)
            return Delivered(None)

        return (yield from in_turn(posts, lambda each: tries(lambda: send(each), blind=HOOK_BLIND)))

    def _open(self, origin: Origin, words: str, dialog: Json) -> Outcome:
        """Show a dialog; its state is signed for the one person who may send it off."""
        if not (origin.trigger and self._pen.callback):
            return NotSent("no_trigger", say("Mattermost gave no trigger to open a dialog with"))
        about = {"kind": dialog["callback_id"], "words": words, "nonce": secrets.token_urlsafe(9)}
        try:
            dialog = {**dialog, "state": self._pen.seals.state(about | self._place(origin).named)}
            url = f"{self._pen.callback}{dialogs.DIALOG_PATH}"
            self._client.post("/actions/dialogs/open", {"trigger_id": origin.trigger, "url": url, "dialog": dialog})
        except MattermostError as error:
            return outcome_of(error)
        if origin.first:
            origin.first.put(None)
        return Delivered(None)

    def _send_file(self, actor: Actor, attachment: Attachment, summary: str) -> RichText:
        channel, about = _direct_messages(actor), Drawn(self._pen.markdown.line(line(summary)))
        try:
            file = self._client.upload(self._directory.room(channel).id, attachment.name, attachment.encoded)
            is_sent = isinstance(self._post(channel, None, about, secrets.token_hex(16), [file]), Delivered)
        except MattermostError:
            is_sent = False
        return () if is_sent else say_line("I could not send the file here.")


def _direct_messages(actor: Actor) -> str:
    """The channel in which somebody talks with the bot."""
    return f"{PREFIX}@{actor.user.removeprefix(PREFIX)}"


def _key_of(post: Mapping[str, Any]) -> str | None:
    """The key that a post carries, if it is one of ours."""
    marker = (post.get("props") or {}).get(MARKER)
    key = marker.get("key") if isinstance(marker, dict) else None
    return key if isinstance(key, str) else None
