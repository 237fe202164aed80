"""Gates on what is no metric, and the acceptances that let a failed gate pass for a time."""
