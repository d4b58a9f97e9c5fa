"""Editions of policies and holiday calendars of the user's own; what a supervisor accepts of a batch's day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "policy_edition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_by", sa.Text(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_edition")),
        sa.CheckConstraint("activated_by <> drafted_by", name=op.f("ck_policy_edition_four_eyes")),
    )
    op.create_index(
        "uq_policy_edition_name",
        "policy_edition",
        ["kind", "name"],
        unique=True,
        postgresql_where=sa.text("status <> 'WITHDRAWN'"),
    )
    op.create_index(
        "uq_policy_edition_begins",
        "policy_edition",
        ["first_on"],
        unique=True,
        postgresql_where=sa.text("kind = 'POLICY' AND status = 'ACTIVE'"),
    )
    op.execute("""
        CREATE TRIGGER says_what_it_said BEFORE UPDATE ON policy_edition FOR EACH ROW
        WHEN ((OLD.document, OLD.kind, OLD.name, OLD.first_on, OLD.drafted_by)
            IS DISTINCT FROM (NEW.document, NEW.kind, NEW.name, NEW.first_on, NEW.drafted_by)
            OR OLD.status = 'WITHDRAWN')
        EXECUTE FUNCTION refuse_change()
    """)
    op.add_column(
        "visit_batch", sa.Column("accepted", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")
    )
    op.add_column("visit_batch", sa.Column("comment", sa.Text(), nullable=True))
    op.execute("""
        CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON policy_edition
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
