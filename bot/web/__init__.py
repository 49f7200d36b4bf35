"""What a process answers over HTTP: a server, health, metrics, the calendar. It knows no chat platform."""
