"""The sign-ins of a person: which there are, and ending them."""
