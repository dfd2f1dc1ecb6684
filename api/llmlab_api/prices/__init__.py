"""The price book: what models cost, a workspace's own prices and names, and what a call would cost."""
