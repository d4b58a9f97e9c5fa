"""Heads of visit chains are signed and stand under a daily root; reports are kept in the very form they were hashed in.

What a crash leaves in the object store is noted, so that it can be swept out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

APPEND_ONLY = """
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.create_table(
        "chain_seal",
        sa.Column("no", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_chain_seal_device_id")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_chain_seal")),
        sa.UniqueConstraint("device_id", "n", "hash", name=op.f("uq_chain_seal_device_id_n_hash")),
    )
    op.create_table(
        "chain_root",
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("seals", sa.BigInteger(), nullable=False),
        sa.Column("up_to_no", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_chain_root")),
        sa.UniqueConstraint("on_date", name=op.f("uq_chain_root_on_date")),
    )
    for table in ("chain_seal", "chain_root"):
        op.execute(APPEND_ONLY.format(table=table))
    op.create_table(
        "loose_object",
        sa.Column("object_sha256", sa.Text(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("object_sha256", name=op.f("pk_loose_object")),
    )
    op.create_index(op.f("ix_loose_object_since"), "loose_object", ["since"])
    op.execute("ALTER TABLE visit_event ALTER COLUMN payload TYPE json USING payload::json")
