"""Markdown and images of your own, published as a comment, a status or a list of URLs."""
