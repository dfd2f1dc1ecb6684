"""Tier 2 without rows for what has no value: reading takes them from tier 1.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM rollup_dimension_day WHERE value = ''")


def downgrade() -> None:
    # The rows of what has no value: the sums of the days less those of all values.
    op.execute(
        """
        INSERT INTO rollup_dimension_day (workspace_id, dimension, day, value, provider, model, price_status,
            billing, events, errors, cost, input_tokens, output_tokens)
        SELECT workspace_id, dimension, day, '', provider, model, price_status, billing, sum(events),
            sum(errors), sum(cost), sum(input_tokens), sum(output_tokens)
        FROM (
            SELECT d.workspace_id, own.dimension, d.day, provider, model, price_status, billing, events,
                errors, cost, input_tokens, output_tokens
            FROM rollup_day d JOIN workspaces w ON w.id = d.workspace_id
            CROSS JOIN LATERAL unnest(ARRAY['feature', 'customer', 'user', 'team', 'project', 'release']
                || ARRAY(SELECT 'tag.' || tag FROM unnest(w.tag_dimensions) AS tag)) AS own(dimension)
            UNION ALL
            SELECT workspace_id, dimension, day, provider, model, price_status, billing, -events, -errors,
                -cost, -input_tokens, -output_tokens
            FROM rollup_dimension_day
        ) rest
        GROUP BY workspace_id, dimension, day, provider, model, price_status, billing
        HAVING sum(events) > 0
        """
    )
