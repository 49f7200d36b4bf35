#!/bin/sh
# `slack run` hands the tokens over under names of its own, and starts this without a shell to rename them.
SLACK_BOT_TOKEN="${SLACK_BOT_TOKEN:-$SLACK_CLI_XOXB}" \
SLACK_APP_TOKEN="${SLACK_APP_TOKEN:-$SLACK_CLI_XAPP}" \
exec python3 -m bot serve
