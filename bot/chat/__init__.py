"""The conversation, without any chat platform: words become an Invocation, a command makes a Reply of it."""
