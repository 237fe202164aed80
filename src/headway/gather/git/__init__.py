"""A repository's history and files as git holds them."""
