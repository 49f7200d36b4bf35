"""What a token or a secret must look like, so that a mistake is told without asking Slack, and without showing it."""

from bot.settings.secret_values import QUOTES, SecretMistake, token_mistakes, without_name

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


def mistakes(variable: str, value: str) -> tuple[SecretMistake, ...]:
    """Everything that is seen to be wrong with the value of BOT, APP or SIGNING."""
    found = [*token_mistakes(variable, value, has_blanks=variable == SIGNING)]
    bare = without_name(variable, value).strip().strip(f"{QUOTES}\ufeff").strip()
    prefix = max((each for each in _KINDS if bare.startswith(each)), key=len, default="")
    kind, belongs = _KINDS.get(prefix, ("no token of Slack's", None))
    if (belongs == variable) if variable != SIGNING else not prefix:
        return tuple(found)
    elsewhere = f"put that into {belongs}, and here " if belongs else "put here "
    found.append(SecretMistake(f"holds {kind}", f"{elsewhere}{_WHERE[variable]}"))
    return tuple(found)
