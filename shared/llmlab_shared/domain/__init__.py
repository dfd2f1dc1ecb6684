"""Terms and rules of the field; pure functions and data, no I/O."""
