"""What calls would cost, with several models side by side."""
