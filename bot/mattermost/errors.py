"""What goes wrong between Mattermost and here, and what it means for a post that was sent: by the error's id."""

from bot.alerts.delivery.outcome import EditClosed, Gone, NotSent, Outcome, Refused, Unknown

NO_CHANNEL = "channel_not_found"
_TOKEN = "api.context.session_expired.app_error"
NO_PERMISSION = "api.context.permissions.app_error"
_REMEDIES = {
    _TOKEN: "Mattermost refuses the bot's token: make a new one, and set it where `mattermost.token_env` says",
    NO_PERMISSION: "the bot may not post there: type /invite @BOT in the channel, or let the bot post",
    "api.post.create_post.can_not_post_to_deleted.error": "the channel is archived: choose another one",
    "api.context.invalid_param.app_error": "there is no such channel: check its name",
}
_GONE = frozenset({
    "api.post.create_post.root_id.app_error",
    "api.post.create_post.channel_root_id.app_error",
    "app.post.get.app_error",
    "api.post.patch_post.can_not_update_post_in_deleted.error",
    "store.sql_post.get.app_error",
})  # fmt: skip
TIME_LIMIT = "api.post.update_post.permissions_time_limit.app_error"
"""`PostEditTimeLimit` is over."""


class MattermostError(Exception):
    """A call that did not work. `id` is Mattermost's, empty where something else answered, or nothing.

    `sent`: the request may have been carried out. `retry_after` is in seconds.
    """

    def __init__(
        self, text: str, id: str = "", status: int = 0, sent: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(text)
        self.text, self.id, self.status, self.sent, self.retry_after = text, id, status, sent, retry_after

    @property
    def refused(self) -> bool:
        """Whether somebody has to mend the token."""
        return self.id == _TOKEN or self.status == 401

    @property
    def is_missing(self) -> bool:
        """Whether Mattermost said that there is no such thing."""
        return bool(self.id) and self.status == 404


def outcome_of(error: MattermostError) -> Outcome:
    """What an error says about the post that was sent or edited."""
    if not error.sent:
        return NotSent("", error.text)
    if error.status == 429:
        return NotSent("ratelimited", error.text, error.retry_after)
    if error.id in _GONE or (error.is_missing and "post" in error.id):
        return Gone(error.id)
    if error.id == TIME_LIMIT:
        return EditClosed(error.id, anew=True)
    if error.id == NO_CHANNEL or (error.is_missing and "channel" in error.id):
        return Refused(NO_CHANNEL, error.text)
    if error.refused:
        return Refused(error.id or "unauthorized", _REMEDIES[_TOKEN])
    if error.id in _REMEDIES:
        return Refused(error.id, f"Mattermost answered {error.id}: {_REMEDIES[error.id]}")
    if not error.id or error.status >= 500:  # a first try that is still under way (deduplicate) among them
        return Unknown(error.text)
    return NotSent(error.id, error.text)
