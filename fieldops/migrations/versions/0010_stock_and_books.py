"""Numbered stock in places that add up; what the three books of mail do not agree about; the register on paper."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
NO_OVERLAP = """
    ALTER TABLE {table} ADD CONSTRAINT ex_{table}_overlap EXCLUDE USING gist (
        int4range(kind_no, kind_no, '[]') WITH &&, int8range(low, high, '[]') WITH &&,
        int8range(hashtextextended(series, 0) >> 1, hashtextextended(series, 0) >> 1, '[]') WITH &&) {more}
"""


def upgrade() -> None:
    create_tables()
    op.execute(NO_OVERLAP.format(table="stock_lot", more=""))
    op.execute(NO_OVERLAP.format(table="stock_span", more="DEFERRABLE INITIALLY DEFERRED"))
    op.execute(NO_OVERLAP.format(table="stock_handover", more="WHERE (status = 'OFFERED')"))
    op.execute("""
        CREATE FUNCTION stock_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            lot uuid := coalesce(NEW.lot_id, OLD.lot_id);
        BEGIN
            IF (SELECT coalesce(sum(high - low + 1), 0) FROM stock_span WHERE lot_id = lot)
               <> (SELECT high - low + 1 FROM stock_lot WHERE id = lot) THEN
                RAISE EXCEPTION 'the places of stock lot % do not add up to what was received', lot
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT OR UPDATE OR DELETE ON stock_span
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stock_adds_up()
    """)
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_move
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)


def create_tables() -> None:
    op.create_table(
        "stock_lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind_no", sa.Integer(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.Column("counted_by", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_lot")),
    )
    op.create_table(
        "stock_span",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("kind_no", sa.Integer(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["stock_lot.id"], name=op.f("fk_stock_span_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_span")),
    )
    op.create_index(op.f("ix_stock_span_lot_id"), "stock_span", ["lot_id"])
    op.create_table(
        "stock_handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("kind_no", sa.Integer(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=False),
        sa.Column("from_holder", sa.Text(), nullable=False),
        sa.Column("to_holder", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("offered_by", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("answered_by <> offered_by", name=op.f("ck_stock_handover_two_logins")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_handover")),
    )
    op.create_index(op.f("ix_stock_handover_status"), "stock_handover", ["status"])
    op.create_table(
        "stock_move",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("photo_sha256", sa.Text(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["print_batch.id"], name=op.f("fk_stock_move_batch_id")),
        sa.ForeignKeyConstraint(["lot_id"], ["stock_lot.id"], name=op.f("fk_stock_move_lot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_move")),
    )
    op.create_index(op.f("ix_stock_move_lot_id_id"), "stock_move", ["lot_id", "id"])
    op.create_index(op.f("ix_stock_move_batch_id"), "stock_move", ["batch_id"])
    op.create_table(
        "mail_difference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_difference")),
    )
    op.create_index(
        "uq_mail_difference_open",
        "mail_difference",
        ["code", "subject"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "register_print",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=True),
        sa.Column("xlsx_sha256", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_print")),
    )
    op.create_index("ix_register_entry_tracking_no", "register_entry", ["tracking_no"])
    op.create_index("ix_register_entry_letter_id", "register_entry", ["letter_id"])
