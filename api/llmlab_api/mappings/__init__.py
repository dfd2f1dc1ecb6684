"""A workspace's own names of models: deployments, fine-tunes, ARNs."""
