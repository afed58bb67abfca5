"""What would other models say? Statistical and naive forecasters behind the methods of `LSTMForecaster`."""
