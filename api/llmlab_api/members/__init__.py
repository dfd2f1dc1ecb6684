"""Who belongs to a workspace, and workspaces beside the first."""
