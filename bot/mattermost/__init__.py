"""Mattermost as a platform: its API, posts and their buttons, callbacks that prove where they come from, events."""
