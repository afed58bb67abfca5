"""What is a panel? Values, offsets and a regular grid of times, and the frequencies of such grids."""
