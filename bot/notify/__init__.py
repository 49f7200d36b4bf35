"""One way out: e-mail, webhooks, Alertmanager, Teams, Matrix and what Apprise knows get what channels get.

Nobody answers from there, so a notifier is no chat platform: it has a port of its own (`bot.notify.notifier`). Nothing
of this room is imported where no notifier is configured.
"""
