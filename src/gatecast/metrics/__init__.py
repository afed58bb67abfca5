"""How good is a forecast? Errors beside those of the naive forecasts."""
