"""What a process answers over HTTP: paths to handlers, health, and a server for it. It knows no Slack."""
