"""A report of a recalled visit keeps the times that were compared."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("visit_event", sa.Column("times", postgresql.JSONB(), nullable=True))
