"""The contact ledger, with every call, visit and letter there has been."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "contact_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("debtor_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective", sa.Boolean(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_contact_event_debtor_id")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_contact_event_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_event")),
        sa.UniqueConstraint("channel", "source_id", name=op.f("uq_contact_event_channel_source_id")),
    )
    op.create_index(op.f("ix_contact_event_debtor_id_at"), "contact_event", ["debtor_id", "at"], unique=False)
    op.execute("""
        INSERT INTO contact_event (id, debtor_id, case_id, channel, at, effective, source_id)
        SELECT gen_random_uuid(), "case".debtor_id, call.case_id, 'CALL', call.started_at, call.connected, call.id
        FROM call_record call JOIN "case" ON "case".id = call.case_id WHERE call.outbound
        UNION ALL
        SELECT gen_random_uuid(), debtor_id, NULL, 'VISIT', done_at, NULL, id
        FROM visit WHERE status = 'COMPLETED' AND done_at IS NOT NULL
        UNION ALL
        SELECT gen_random_uuid(), letter.debtor_id, letter.case_id, 'LETTER', min(item.posted_at), NULL, letter.id
        FROM letter JOIN mail_item item ON item.letter_id = letter.id WHERE item.posted_at IS NOT NULL
        GROUP BY letter.id
    """)
