"""What tests need of the rows as values that add up, and the files of parts that hold them."""
