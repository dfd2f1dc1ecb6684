"""alembic's environment and the versions of the schema."""
