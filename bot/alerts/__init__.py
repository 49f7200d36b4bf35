"""When to tell whom what: rules find concerns, a state machine makes alerts of them, notifications carry the reason.

Pure: it knows no database and no chat. `now` and the day are passed in.
"""
