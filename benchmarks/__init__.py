"""Speed as ratios: each figure stands beside a yardstick measured in the same run."""
