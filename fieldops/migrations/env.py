"""Alembic's entry: the connection comes from ``Database.migrate``, the tables from the features."""

from alembic import context

import fieldops.app  # noqa: F401 - imports every feature, so every table is known
from fieldops.db import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
