"""Phones are bound by their key and by a session; feeds are pruned; positions of a shift are kept for days."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("device", sa.Column("session_no", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("device", "session_no", server_default=None)
    op.add_column("device", sa.Column("boot_id", sa.Text(), nullable=True))
    op.add_column("device", sa.Column("clock_off_ms", sa.BigInteger(), nullable=True))
    # phones of the first house had no key of their own: what they gave is kept apart by their id
    op.execute("UPDATE device SET public_key = public_key || ' ' || id::text")
    op.create_unique_constraint("uq_device_agent_id_public_key", "device", ["agent_id", "public_key"])
    op.add_column("agent_feed_head", sa.Column("pruned_to", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_agent_feed_created_at", "agent_feed", ["created_at"])
    op.create_table(
        "position",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=False),
        sa.Column("speed_mps", sa.Double(), nullable=True),
        sa.Column("is_mock", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="fk_position_device_id"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_position_agent_id"),
        sa.PrimaryKeyConstraint("device_id", "at", name="pk_position"),
    )
    op.create_index("ix_position_at", "position", ["at"])
    op.create_index("ix_position_agent_id_at", "position", ["agent_id", "at"])
