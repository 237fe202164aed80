"""``headway pr``: which files are results, and how they are sent back for review."""
