"""The price book: what models cost, and a workspace's own prices in it."""
