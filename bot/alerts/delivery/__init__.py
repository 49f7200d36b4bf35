"""Bringing what waits in the outbox into channels: at least once, in order, and twice only if nobody can tell."""
