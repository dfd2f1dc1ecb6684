"""The tables, as SQLAlchemy sees them; the migrations are what makes them."""
