"""Evidence of visits: declared slots, uploads in sealed parts, what is kept, the visit chain; versions of results."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    extend_results()
    create_slots_and_uploads()
    create_files()
    create_chain()


def extend_results() -> None:
    op.add_column("visit_result", sa.Column("complete_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visit_result", sa.Column("corrects", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_visit_result_corrects"), "visit_result", "visit_result", ["corrects"], ["id"])
    none = sa.text("'[]'::jsonb")
    op.add_column("visit_result", sa.Column("signals", postgresql.JSONB(), server_default=none, nullable=False))
    op.add_column("visit_result", sa.Column("score", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("visit_result", sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("visit_result", sa.Column("reviewed_by", sa.Text(), nullable=True))
    op.add_column("visit_result", sa.Column("review_note", sa.Text(), nullable=True))
    op.alter_column("visit_result", "signals", server_default=None)
    op.alter_column("visit_result", "score", server_default=None)


def create_slots_and_uploads() -> None:
    op.create_table(
        "evidence_slot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_evidence_slot_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_slot")),
    )
    op.create_index(op.f("ix_evidence_slot_visit_id"), "evidence_slot", ["visit_id"])
    awaited = sa.text("arrived_at IS NULL")
    op.create_index("ix_evidence_slot_awaited", "evidence_slot", ["declared_at"], postgresql_where=awaited)
    op.create_table(
        "upload",
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.Uuid(), nullable=True),
        sa.Column("turn_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("0 <= received AND received <= length", name=op.f("ck_upload_received_in_length")),
        sa.ForeignKeyConstraint(["slot_id"], ["evidence_slot.id"], name=op.f("fk_upload_slot_id")),
        sa.PrimaryKeyConstraint("slot_id", name=op.f("pk_upload")),
    )
    op.create_index("ix_upload_open", "upload", ["expires_at"], postgresql_where=sa.text("received < length"))
    op.create_table(
        "upload_part",
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("object_sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["slot_id"], ["upload.slot_id"], name=op.f("fk_upload_part_slot_id")),
        sa.PrimaryKeyConstraint("slot_id", "start", name=op.f("pk_upload_part")),
    )


def create_files() -> None:
    op.create_table(
        "evidence_file",
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width_px", sa.BigInteger(), nullable=True),
        sa.Column("height_px", sa.BigInteger(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("destroyed_by", sa.Text(), nullable=True),
        sa.Column("instruction_no", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["slot_id"], ["evidence_slot.id"], name=op.f("fk_evidence_file_slot_id")),
        sa.PrimaryKeyConstraint("slot_id", name=op.f("pk_evidence_file")),
    )


def create_chain() -> None:
    op.create_table(
        "chain_link",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_chain_link_device_id")),
        sa.PrimaryKeyConstraint("device_id", "n", "hash", name=op.f("pk_chain_link")),
    )
    op.create_index(op.f("ix_chain_link_visit_id"), "chain_link", ["visit_id"])
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON chain_link
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
