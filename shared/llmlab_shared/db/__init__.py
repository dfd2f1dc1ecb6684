"""PostgreSQL: connections, tables and the queries on them."""
