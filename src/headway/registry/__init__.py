"""The model registry: versions and stages as git tags in GTO's format."""
