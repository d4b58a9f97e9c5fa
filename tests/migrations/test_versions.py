"""The migrations make exactly the tables the features describe."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from fieldops.db import Base


def test_migrations_and_models_agree(house):
    with house.database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "include_name": lambda name, kind, _: not is_of_the_queue(kind, name)},
        )
        assert compare_metadata(context, Base.metadata) == []


def is_of_the_queue(kind, name):
    """Procrastinate and Alembic keep tables of their own."""
    return kind == "table" and (name.startswith("procrastinate_") or name == "alembic_version")
