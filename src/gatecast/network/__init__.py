"""What is a network? Its shape, its weights, the NumPy reference and the native core."""
