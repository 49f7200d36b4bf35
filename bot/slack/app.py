"""The Bolt app. Bolt dispatches; its pool, its claims on deliveries and its verification of requests are replaced."""

import logging
from typing import Any

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.authorize import Authorize
from slack_bolt.logger.messages import (
    info_default_oauth_settings_loaded,
    warning_client_prioritized_and_token_skipped,
    warning_token_skipped,
)
from slack_sdk import WebClient

from bot.chat.session.conversation import Conversation
from bot.slack.listeners import Listeners
from bot.slack.membership import Identity, Workspace

LOGGER = "xocompat.bolt"
_REMARKS = frozenset(
    {
        info_default_oauth_settings_loaded(),
        warning_client_prioritized_and_token_skipped(),
        warning_token_skipped(),
    }
)


def bolt_app(client: WebClient, identity: Identity, conversation: Conversation) -> App:
    """The app with all listeners. Requests over HTTP must have been verified: see bot.slack.http."""
    app = App(
        name="xocompat",
        logger=_logger(),
        client=client,
        authorize=_Authorized(client.token, identity),
        # Listeners answer within the request: Bolt would wait for them in steps of 10 ms otherwise.
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        # Done by the verifier, before anything is parsed, and without writing a stranger's body into the log.
        request_verification_enabled=False,
        ssl_check_enabled=False,
        # Listeners leave out all bots.
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    Listeners(conversation, identity).listen(app)
    return app


class _Authorized(Authorize):
    """One workspace, one token. Bolt would ask auth.test within the first request; a look-up can do without."""

    def __init__(self, token: str | None, identity: Identity) -> None:
        self._identity = identity
        self._token = token
        self._known: Workspace | None = None
        self._result = AuthorizeResult(enterprise_id=None, team_id=None, bot_token=token)

    def __call__(self, **_: Any) -> AuthorizeResult:
        home = self._identity.known
        if home and home is not self._known:
            self._result = AuthorizeResult(
                enterprise_id=home.enterprise,
                team_id=home.team,
                bot_user_id=home.bot_user,
                bot_id=home.bot_id,
                bot_token=self._token,
            )
            self._known = home
        return self._result


def _logger() -> logging.Logger:
    """Without Bolt's remarks on variables that it reads from the environment by itself."""
    logger = logging.getLogger(LOGGER)
    # Bolt asks for the level itself, not for the effective one, and would put its debug messages together for nobody.
    logger.setLevel(logging.getLogger().level)
    logger.addFilter(lambda record: record.getMessage() not in _REMARKS)
    return logger
