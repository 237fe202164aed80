"""Requests to one forge: one connection, retries, paging, and errors that say what to do."""
