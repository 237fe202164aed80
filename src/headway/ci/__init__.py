"""The CI job that Headway runs in, read from the environment once, into one value."""
