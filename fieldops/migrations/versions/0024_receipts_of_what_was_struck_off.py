"""The receipt of an item the post struck off later proves no posting: the next posting has a receipt of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("postal_receipt", sa.Column("strikes", sa.Integer(), server_default="0", nullable=False))
    op.execute("ALTER TABLE postal_receipt DISABLE TRIGGER append_only")
    op.execute("""
        UPDATE postal_receipt SET strikes = (
            SELECT count(*) FROM handover_amendment
            WHERE handover_amendment.item_id = postal_receipt.item_id AND kind = 'STRUCK_OFF' AND at <= recorded_at
        )
    """)
    op.execute("ALTER TABLE postal_receipt ENABLE TRIGGER append_only")
    op.alter_column("postal_receipt", "strikes", server_default=None)
    op.drop_constraint(op.f("uq_postal_receipt_carrier_no_tracking_no"), "postal_receipt", type_="unique")
    op.create_unique_constraint(
        op.f("uq_postal_receipt_carrier_no_tracking_no_strikes"),
        "postal_receipt",
        ["carrier_no", "tracking_no", "strikes"],
    )
