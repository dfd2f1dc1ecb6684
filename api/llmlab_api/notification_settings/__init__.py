"""What a workspace wants to be told of besides its budgets' thresholds, and where its reports go."""
