"""What single commands print that is no report: the rules, suggested settings, and what ``headway doctor`` found."""
