"""A chat channel in the terminal: commands and replies as in Slack, with simulated hosts and nothing to set up."""

from bot.demo.console import console

__all__ = ["console"]
