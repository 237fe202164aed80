"""The evidence for changes of metrics: where it is found, and what it says."""
