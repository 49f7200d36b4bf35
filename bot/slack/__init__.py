"""The Slack side: replies as Block Kit, listeners, Socket Mode. It draws replies, and knows nothing of releases."""
