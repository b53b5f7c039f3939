"""The newest frame of a task that is being rendered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("task", sa.Column("frame_key", sa.Text(), nullable=True))
