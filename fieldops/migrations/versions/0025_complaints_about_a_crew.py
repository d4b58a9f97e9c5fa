"""A complaint may be about more than one field agent: a second name no longer takes the place of the first."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("complaint", sa.Column("agent_ids", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False))
    op.execute("UPDATE complaint SET agent_ids = ARRAY[agent_id] WHERE agent_id IS NOT NULL")
    op.drop_constraint(op.f("fk_complaint_agent_id"), "complaint", type_="foreignkey")
    op.drop_column("complaint", "agent_id")
