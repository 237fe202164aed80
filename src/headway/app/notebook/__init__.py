"""What the API does differently in a notebook."""
