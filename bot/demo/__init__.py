"""A chat channel in the terminal: the same desk and replies as in Slack, with simulated hosts and nothing to set up."""

from bot.demo.console import console

__all__ = ["console"]
