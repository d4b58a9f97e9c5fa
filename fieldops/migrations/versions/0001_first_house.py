"""The first house: every table, what is append-only, the ranges that never overlap, the job queue."""

from alembic import op
from procrastinate.schema import SchemaManager

import fieldops.app  # noqa: F401
from fieldops.db import Base

revision = "0001"
down_revision = None

APPEND_ONLY = (
    "audit_entry", "address_event", "case_version", "visit_decision", "letter_decision", "register_entry", "visit_event",
    "push_quarantine", "result_line",
)  # fmt: skip


def upgrade() -> None:
    Base.metadata.create_all(op.get_bind())
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: write a new row instead', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
    """)
    for table in APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """)
    op.execute("""
        ALTER TABLE number_range ADD CONSTRAINT ex_number_range_overlap EXCLUDE USING gist (
            int4range(carrier_no, carrier_no, '[]') WITH &&, int8range(low, high, '[]') WITH &&,
            int8range(hashtextextended(series, 0) >> 1, hashtextextended(series, 0) >> 1, '[]') WITH &&)
    """)
    for sequence in ("visit_no", "print_batch_no", "handover_no"):
        op.execute(f"CREATE SEQUENCE {sequence}")
    op.execute("INSERT INTO sync_epoch (value, begun_at) VALUES (gen_random_uuid(), now())")
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
