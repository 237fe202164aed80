"""A report from a fork: fetched, checked, limited and drawn again before it is posted."""
