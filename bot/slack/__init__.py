"""The Slack side: replies as Block Kit, listeners, Socket Mode. It asks a desk and knows nothing of releases."""
