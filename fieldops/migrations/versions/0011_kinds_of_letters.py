"""A lawyer's letter names its firm, and says that somebody declared the debtor able to pay."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for name in ("law_firm", "lawyer_name", "authorisation_no"):
        op.add_column("letter_sender", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("letter", sa.Column("malicious", sa.Boolean(), nullable=True))
