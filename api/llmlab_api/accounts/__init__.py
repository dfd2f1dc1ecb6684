"""People: signing up, logging in and out, and what a user may change about the account."""
