"""A crew may have a break in its day and end it elsewhere; a route says when the break is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    for name in ("end_lat", "end_lon"):
        op.add_column("crew", sa.Column(name, sa.Double(), nullable=True))
    for name in ("break_from_s", "break_until_s", "break_s"):
        op.add_column("crew", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_crew_end_is_a_point"), "crew", "(end_lat IS NULL) = (end_lon IS NULL)")
    op.create_check_constraint(
        op.f("ck_crew_break_fits"),
        "crew",
        "num_nulls(break_from_s, break_until_s, break_s) = 3 OR num_nulls(break_from_s, break_until_s, break_s) = 0"
        " AND shift_start_s <= break_from_s AND break_until_s <= shift_end_s"
        " AND 0 < break_s AND break_s <= break_until_s - break_from_s",
    )
    rests = sa.Column("rests", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb"))
    op.add_column("crew_route", rests)
