"""Copies of letters on paper, who has them, what was printed again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("print_part", sa.Column("reprint_id", sa.Uuid(), nullable=True))
    op.add_column("print_batch", sa.Column("due_on", sa.Date(), nullable=True))
    op.create_table(
        "reprint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("letters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["print_batch.id"], name=op.f("fk_reprint_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reprint")),
    )
    op.create_index(op.f("ix_reprint_batch_id"), "reprint", ["batch_id"])
    op.create_table(
        "print_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("copy_no", sa.Integer(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("printed_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("photo_sha256", sa.Text(), nullable=True),
        sa.Column("destroyed_by", sa.Text(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("witness", sa.Text(), nullable=True),
        sa.Column("witnessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("witness <> destroyed_by", name=op.f("ck_print_copy_two_people")),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_print_copy_ended_with_reason")),
        sa.ForeignKeyConstraint(["batch_id"], ["print_batch.id"], name=op.f("fk_print_copy_batch_id")),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_print_copy_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_copy")),
        sa.UniqueConstraint("letter_id", "copy_no", name=op.f("uq_print_copy_letter_id_copy_no")),
    )
    op.create_index(op.f("ix_print_copy_batch_id"), "print_copy", ["batch_id"])
    op.create_index(
        "uq_print_copy_live", "print_copy", ["letter_id"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "custody_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("copy_no", sa.Integer(), nullable=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("holder_name", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_custody_entry_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_entry")),
    )
    op.create_index(op.f("ix_custody_entry_letter_id_id"), "custody_entry", ["letter_id", "id"])
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON custody_entry
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
    op.execute("""
        INSERT INTO print_copy (id, letter_id, batch_id, copy_no, sheets, printed_at, printed_by,
                                ended_at, ended_by, end_reason)
        SELECT gen_random_uuid(), letter.id, print_batch_id, 1, coalesce(sheets, 1), letter.printed_at, 'migration',
               CASE letter.status WHEN 'VOID' THEN letter.printed_at END,
               CASE letter.status WHEN 'VOID' THEN 'migration' END,
               CASE letter.status WHEN 'VOID' THEN coalesce(status_reason, 'void') END
        FROM letter WHERE letter.printed_at IS NOT NULL AND print_batch_id IS NOT NULL
    """)
