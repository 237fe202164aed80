"""A fake GitLab: notes, commit comments and discussions, uploads, statuses, also under a sub-path."""
