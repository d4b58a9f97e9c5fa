"""Plans made from plans: re-plans and moves, progress and cancelling, locks, when a stop changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("day_plan", sa.Column("base_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_day_plan_base_id"), "day_plan", "day_plan", ["base_id"], ["id"])
    for name in ("asked", "progress"):
        empty = sa.text("'{}'::jsonb")
        op.add_column("day_plan", sa.Column(name, postgresql.JSONB(), nullable=False, server_default=empty))
    op.add_column("day_plan", sa.Column("cancelled_by", sa.Text(), nullable=True))
    op.add_column("route_stop", sa.Column("status_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "visit_lock",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("crew_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("from_s", sa.BigInteger(), nullable=True),
        sa.Column("until_s", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.id"], name=op.f("fk_visit_lock_crew_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_lock_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_lock")),
    )
    op.create_index(
        "uq_visit_lock_standing",
        "visit_lock",
        ["on_date", "visit_id"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
