"""HTTP: what a process answers (a server, health, metrics, the calendar), and one call to others. No chat platform."""
