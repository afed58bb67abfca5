"""Which model should be used, and how sure is that? Backtests, errors, significance, a leaderboard."""
