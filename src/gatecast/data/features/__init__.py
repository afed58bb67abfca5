"""What do covariates and the calendar become? Encoded columns, holidays, lags of earlier years."""
