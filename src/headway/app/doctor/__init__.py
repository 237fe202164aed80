"""``headway doctor``: one module per family of checks, the ground that they share, and the catalogue of all of them."""
