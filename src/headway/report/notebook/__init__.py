"""What a notebook shows of a comparison or a report, and their metrics as a data frame."""
