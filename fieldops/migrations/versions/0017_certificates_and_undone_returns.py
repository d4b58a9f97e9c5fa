"""Certificates of batches counted without a difference; a return that was taken back leaves room for the right one."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "batch_certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("printed", "posted", "handed", "void", "with_crews", "in_custody")
        ),
        sa.Column("counted_by", sa.Text(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["print_batch.id"], name=op.f("fk_batch_certificate_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_certificate")),
    )
    op.create_index(op.f("ix_batch_certificate_batch_id"), "batch_certificate", ["batch_id"])
    op.add_column("mail_return", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mail_return", sa.Column("undone_by", sa.Text(), nullable=True))
    op.drop_constraint(op.f("uq_mail_return_item_id"), "mail_return")
    standing = sa.text("undone_at IS NULL")
    op.create_index("uq_mail_return_standing", "mail_return", ["item_id"], unique=True, postgresql_where=standing)
