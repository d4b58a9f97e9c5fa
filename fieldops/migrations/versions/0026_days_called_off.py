"""A day can be called off: who did, when and why stands on its plan."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("day_plan", sa.Column("called_off_by", sa.Text(), nullable=True))
    op.add_column("day_plan", sa.Column("called_off_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("day_plan", sa.Column("called_off_reason", sa.Text(), nullable=True))
