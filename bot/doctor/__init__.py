"""`doctor`: whether what the settings name works, thing by thing, with how to mend it. Slack's part is in bot.slack."""
