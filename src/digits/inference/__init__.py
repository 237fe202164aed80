"""What a trained model is for: digits without labels in, predictions out, the same as those of the pipeline."""
