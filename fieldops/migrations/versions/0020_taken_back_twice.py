"""Two events of one instant may each be taken back: what the post says is kept once, our taking back is not its word."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.drop_constraint(op.f("uq_tracking_event_item_id_code_happened_at"), "tracking_event", type_="unique")
    op.create_index(
        "uq_tracking_event_said",
        "tracking_event",
        ["item_id", "code", "happened_at"],
        unique=True,
        postgresql_where=sa.text("code <> 'undo_outcome'"),
    )
