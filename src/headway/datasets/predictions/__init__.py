"""Tables of predictions: opened, checked, and paired by id into the samples that statistics are computed from."""
