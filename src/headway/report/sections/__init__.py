"""The sections of a report. Each module turns what it shows of a report into blocks; ``view.py`` lists them."""
