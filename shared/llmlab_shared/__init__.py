"""What the API and the worker both stand on: the domain, prices, the queue and the database."""
