"""What happens to a case and who may go: steps of a case, the way of a complaint, third parties, papers of agents."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("case", sa.Column("extension_asked_until", sa.Date(), nullable=True))
    op.add_column("case", sa.Column("status_before", sa.Text(), nullable=True))
    op.create_index(op.f("ix_case_expiry_on"), "case", ["expiry_on"])
    op.add_column("repayment", sa.Column("reversed_at", _INSTANT, nullable=True))
    op.add_column("repayment", sa.Column("reversed_by", sa.Text(), nullable=True))
    op.add_column("special_status", sa.Column("evidence", sa.Text(), nullable=True))
    op.add_column("special_status", sa.Column("lifted_at", _INSTANT, nullable=True))
    op.add_column("special_status", sa.Column("lifted_by", sa.Text(), nullable=True))
    _complaints()
    _third_parties()
    _papers()


def _complaints() -> None:
    for name, kind in (
        ("source", sa.Text()),
        ("status", sa.Text()),
        ("agent_id", sa.Uuid()),
        ("due_at", _INSTANT),
        ("reply", sa.Text()),
        ("replied_at", _INSTANT),
        ("reported_at", _INSTANT),
        ("report_ref", sa.Text()),
        ("upheld", sa.Boolean()),
        ("closed_by", sa.Text()),
    ):
        op.add_column("complaint", sa.Column(name, kind, nullable=True))
    op.execute("""
        UPDATE complaint SET source = 'BANK', due_at = recorded_at + interval '1 day',
            status = CASE WHEN closed_at IS NULL THEN 'OPEN' ELSE 'CLOSED' END
    """)
    for name in ("source", "status", "due_at"):
        op.alter_column("complaint", name, nullable=False)
    op.create_foreign_key(op.f("fk_complaint_agent_id"), "complaint", "agent", ["agent_id"], ["id"])


def _third_parties() -> None:
    op.create_table(
        "do_not_contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("debtor_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=True),
        sa.Column("block_id", sa.Uuid(), nullable=True),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", _INSTANT, nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_do_not_contact_case_id")),
        sa.ForeignKeyConstraint(["debtor_id"], ["debtor.id"], name=op.f("fk_do_not_contact_debtor_id")),
        sa.ForeignKeyConstraint(["address_id"], ["address.id"], name=op.f("fk_do_not_contact_address_id")),
        sa.ForeignKeyConstraint(["block_id"], ["address_block.id"], name=op.f("fk_do_not_contact_block_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_contact")),
        sa.UniqueConstraint(
            "case_id", "relation", "source_kind", "source_id",
            name=op.f("uq_do_not_contact_case_id_relation_source_kind_source_id"),
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_do_not_contact_debtor_id"), "do_not_contact", ["debtor_id"])


def _papers() -> None:
    op.add_column("agent", sa.Column("substitute_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_agent_substitute_id"), "agent", "agent", ["substitute_id"], ["id"])
    op.create_table(
        "agent_paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=True),
        *_validity(),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_paper_agent_id")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_agent_paper_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_paper")),
        sa.UniqueConstraint("agent_id", "kind", "number", name=op.f("uq_agent_paper_agent_id_kind_number")),
    )
    op.create_index(op.f("ix_agent_paper_agent_id"), "agent_paper", ["agent_id"])
    op.create_table(
        "agent_bank_block",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since_at", _INSTANT, nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", _INSTANT, nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_bank_block_agent_id")),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_agent_bank_block_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_bank_block")),
    )
    op.create_index(
        "uq_agent_bank_block_standing", "agent_bank_block", ["agent_id", "bank_id"], unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )  # fmt: skip
    op.create_table(
        "recorder_registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("bank_id", sa.Uuid(), nullable=False),
        *_validity(),
        sa.ForeignKeyConstraint(["bank_id"], ["bank.id"], name=op.f("fk_recorder_registration_bank_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recorder_registration")),
        sa.UniqueConstraint(
            "serial", "bank_id", "from_on", name=op.f("uq_recorder_registration_serial_bank_id_from_on")
        ),
    )


def _validity() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
    )
