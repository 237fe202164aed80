"""What the model registry passes on: its names, and the records that tags hold."""
