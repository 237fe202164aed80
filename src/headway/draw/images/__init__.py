"""Images put beside each other or on a sheet; only the child process for pixels loads Pillow."""
