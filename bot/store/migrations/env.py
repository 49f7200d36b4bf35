"""Alembic runs this. The connection, in a transaction with its lock held, comes from bot.store.migrate."""

from alembic import context

from bot.store.tables import metadata

# SQLite rolls changed tables back, too, as we begin its transactions ourselves.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
