"""The database: tables, migrations, a module for each port. SQLite by default, PostgreSQL by URL.

Correctness lives here: one open alert per fingerprint, a message queued in the transaction that it is about, a
slot of the schedule and a channel's queue given to one process at a time.
"""
