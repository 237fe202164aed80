"""The speed test: runs a command with both models in turn, and joins what it measured to a comparison."""
