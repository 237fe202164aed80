"""What is posted: the comment that is kept up to date, the status, the job summary."""
