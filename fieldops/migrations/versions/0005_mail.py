"""Mail on its way: scans, evidence, events, receipts, corrections of lists; a returned letter may be mailed again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
APPEND_ONLY = ("mail_evidence", "tracking_event", "postal_receipt", "handover_amendment")


def upgrade() -> None:
    op.add_column("mail_item", sa.Column("remails_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_mail_item_remails_id"), "mail_item", "mail_item", ["remails_id"], ["id"])
    op.drop_index("uq_mail_item_live_letter", "mail_item")
    op.create_index(
        "uq_mail_item_live_letter",
        "mail_item",
        ["letter_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('VOID', 'RETURNED')"),
    )
    op.create_table(
        "scan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan")),
        sa.UniqueConstraint("sha256", name=op.f("uq_scan_sha256")),
    )
    op.create_table(
        "mail_evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("letter_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scan_sha256", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name=op.f("fk_mail_evidence_letter_id")),
        sa.ForeignKeyConstraint(["scan_sha256"], ["scan.sha256"], name=op.f("fk_mail_evidence_scan_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_evidence")),
        sa.UniqueConstraint(
            "letter_id", "kind", "scan_sha256", name=op.f("uq_mail_evidence_letter_id_kind_scan_sha256")
        ),
    )
    op.create_table(
        "tracking_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["mail_item.id"], name=op.f("fk_tracking_event_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_event")),
        sa.UniqueConstraint("item_id", "code", "happened_at", name=op.f("uq_tracking_event_item_id_code_happened_at")),
    )
    op.create_index(op.f("ix_tracking_event_item_id_happened_at"), "tracking_event", ["item_id", "happened_at"])
    op.create_table(
        "postal_receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("carrier_no", sa.Integer(), nullable=False),
        sa.Column("tracking_no", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("scan_sha256", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["mail_item.id"], name=op.f("fk_postal_receipt_item_id")),
        sa.ForeignKeyConstraint(["scan_sha256"], ["scan.sha256"], name=op.f("fk_postal_receipt_scan_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_postal_receipt")),
        sa.UniqueConstraint("carrier_no", "tracking_no", name=op.f("uq_postal_receipt_carrier_no_tracking_no")),
    )
    op.create_table(
        "handover_amendment",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("becomes", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("our_initials", sa.Text(), nullable=False),
        sa.Column("post_initials", sa.Text(), nullable=False),
        sa.Column("scan_sha256", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["mail_item.id"], name=op.f("fk_handover_amendment_item_id")),
        sa.ForeignKeyConstraint(["list_id"], ["handover_list.id"], name=op.f("fk_handover_amendment_list_id")),
        sa.ForeignKeyConstraint(["scan_sha256"], ["scan.sha256"], name=op.f("fk_handover_amendment_scan_sha256")),
        sa.PrimaryKeyConstraint("list_id", "number", name=op.f("pk_handover_amendment")),
    )
    for table in APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """)
