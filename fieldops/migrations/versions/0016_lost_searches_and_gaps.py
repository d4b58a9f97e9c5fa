"""Lost searches of a plan are counted; legs that no road service knew are named."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("day_plan", sa.Column("tries", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("route_stop", sa.Column("filled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("crew_route", sa.Column("home_filled", sa.Boolean(), nullable=False, server_default=sa.false()))
