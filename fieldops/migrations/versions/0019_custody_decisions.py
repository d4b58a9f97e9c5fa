"""What the custody rules said at each count of a print batch is kept, to be asked again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "custody_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("print_batch_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_edition", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["print_batch_id"], ["print_batch.id"], name=op.f("fk_custody_decision_print_batch_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody_decision")),
    )
    op.create_index(op.f("ix_custody_decision_print_batch_id_id"), "custody_decision", ["print_batch_id", "id"])
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON custody_decision
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
