"""The live stream: what a workspace spends, and its calls, while they happen."""
