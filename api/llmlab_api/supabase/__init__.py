"""Signing in by way of Supabase Auth: its tokens, its accounts, and which of ours they are."""
