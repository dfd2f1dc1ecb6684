"""Corrections of the ledger: events priced again, undone, released from quarantine, stated by hand."""
