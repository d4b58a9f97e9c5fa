"""What a person has accepted stands beside a visit and a letter, each doubt with the row it is about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    for table in ("visit", "letter"):
        column: sa.Column[list[str]] = sa.Column(
            "accepted", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"
        )
        op.add_column(table, column)
    op.execute("UPDATE visit SET accepted = codes WHERE approved_at IS NOT NULL")
    op.execute("""
        UPDATE letter SET accepted = ARRAY(SELECT jsonb_array_elements_text(figures -> 'accepted_codes')),
            figures = figures - 'accepted_codes'
        WHERE figures ? 'accepted_codes'
    """)
