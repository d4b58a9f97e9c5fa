"""Who belonged to a crew stays on record after they have left it."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("crew_member", sa.Column("since_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "past_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("crew_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.id"], name=op.f("fk_past_member_crew_id")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_past_member_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_member")),
    )
    op.create_index(op.f("ix_past_member_agent_id"), "past_member", ["agent_id"])
    op.create_index(op.f("ix_past_member_crew_id"), "past_member", ["crew_id"])
