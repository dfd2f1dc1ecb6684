"""From stream entry to committed rows: decode, normalise, price, write."""
