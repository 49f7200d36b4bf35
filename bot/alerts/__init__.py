"""Which channel is notified of what, and when: rules find conditions, a state machine makes alerts of them.

It knows no database and no chat: what it needs of these are ports. `now` is passed in.
"""
