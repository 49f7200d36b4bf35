"""What a token or a secret must look like, so that a mistake is told without asking Slack, and without showing it."""

import re
from typing import NamedTuple

BOT, APP, SIGNING = "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"

_WHERE = {
    BOT: "the Bot User OAuth Token (xoxb-), which the app's settings have under OAuth & Permissions",
    APP: "the app-level token (xapp-), which the app's settings have under Basic Information",
    SIGNING: "the Signing Secret, which the app's settings have under Basic Information",
}
_KINDS = {
    "xoxb-": ("a bot's token (xoxb-)", BOT),
    "xoxe.xoxb-": ("a bot's token (xoxe.xoxb-)", BOT),
    "xapp-": ("an app-level token (xapp-)", APP),
    "xoxp-": ("a user's token (xoxp-)", None),
    "xoxe.xoxp-": ("a user's token (xoxe.xoxp-)", None),
    "xox": ("a token of another kind", None),
    "xoxe-": ("a refresh token (xoxe-)", None),
}
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"


class TokenMistake(NamedTuple):
    """What is wrong with a variable's value, and what to do; it never shows the value."""

    what: str
    mend: str


def mistakes(variable: str, value: str) -> tuple[TokenMistake, ...]:
    """Everything that is seen to be wrong with the value of BOT, APP or SIGNING."""
    found = []
    bare = value.strip().strip(_QUOTES).strip()
    if any(quote in value for quote in _QUOTES):
        mend = "take them out: where this variable is set they are not removed, as a shell would"
        found.append(TokenMistake("has quotes in its value", mend))
    if re.search(r"\s", value if variable != SIGNING else value[:1] + value[-1:]):
        found.append(TokenMistake("has white space in its value", "take it out, at the end of a line, too"))
    prefix = max((each for each in _KINDS if bare.startswith(each)), key=len, default="")
    kind, belongs = _KINDS.get(prefix, ("no token of Slack's", None))
    if (belongs == variable) if variable != SIGNING else not prefix:
        return tuple(found)
    elsewhere = f"put that into {belongs}, and here " if belongs else "put here "
    found.append(TokenMistake(f"holds {kind}", f"{elsewhere}{_WHERE[variable]}"))
    return tuple(found)
