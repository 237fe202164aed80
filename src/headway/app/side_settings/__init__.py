"""The settings of the two sides: how they are read, and whether what they name exists."""
