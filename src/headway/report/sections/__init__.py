"""The sections of a report. Each module turns one part of a report into blocks; ``view.py`` lists them in order."""
