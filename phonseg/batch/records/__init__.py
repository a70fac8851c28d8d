"""What became of each recording of a batch, how phonseg made its files, and which of them it may replace."""
