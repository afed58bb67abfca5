"""How is a forecaster used over a network? An HTTP server over the library: `gatecast serve`."""
