"""What do networks know before they see anybody's data? Made series, and the weights that were learned from them."""
