"""Template packs are examined, approved by four eyes and then frozen; envelopes are measured records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

NEW_TEXT = ("status_reason", "submitted_by", "approve_comment")
NEW_INSTANTS = ("approved_at", "examined_at")
NEW_JSON = {"findings": "[]", "pages": "{}", "footprint": "{}"}
PACK = ("code", "number", "kind", "title", "bank", "pack_sha256", "files", "uploaded_by")
APPROVAL = ("approval_source", "approval_no", "approved_by", "approved_at", "valid_from", "valid_until")


def upgrade() -> None:
    for name in NEW_TEXT:
        op.add_column("letter_template", sa.Column(name, sa.Text(), nullable=True))
    for name in NEW_INSTANTS:
        op.add_column("letter_template", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name, empty in NEW_JSON.items():
        column = sa.Column(name, postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=empty)
        op.add_column("letter_template", column)
        op.alter_column("letter_template", name, server_default=None)
    op.alter_column("letter_template", "valid_from", nullable=True)
    op.execute(
        "UPDATE letter_template SET approved_at = created_at, examined_at = created_at WHERE status = 'APPROVED'"
    )
    op.create_table(
        "envelope_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("measures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("measured_by", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_envelope_record")),
    )
    freeze_templates()


def freeze_templates() -> None:
    pack = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in PACK)
    approval = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in APPROVAL)
    op.execute(f"""
        CREATE FUNCTION keep_template() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR {pack} OR (OLD.approved_at IS NOT NULL AND ({approval})) THEN
                RAISE EXCEPTION 'a template never changes: new text is a new version'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER immutable BEFORE UPDATE OR DELETE ON letter_template
        FOR EACH ROW EXECUTE FUNCTION keep_template()
    """)
    op.execute("""
        CREATE TRIGGER never_emptied BEFORE TRUNCATE ON letter_template
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
