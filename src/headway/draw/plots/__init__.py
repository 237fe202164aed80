"""Table plots: submitted by their files, read and reduced to charts in a child process."""
