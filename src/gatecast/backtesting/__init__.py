"""How good would a model have been? Forecasts from rolling origins, with nothing of the future."""
