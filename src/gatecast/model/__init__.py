"""What does a forecaster do with data? Settings, plan, fit, what was learned, and what it says about data."""
