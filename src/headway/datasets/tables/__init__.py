"""The tabular station: two sides of a table in, one :class:`~headway.values.dataset.TableChange` out.

Tables are scanned where they lie, column by column, so that memory follows the longest column and not the table. Only
this station and ``draw`` know polars' frames; what a number means is arithmetic of ``judge``.

    source, damage   a data file as a lazy table, and the place where a broken one is broken
    rows             which rows are new, gone or edited; duplicates; rows in two splits
    column_changes   types, missing cells, numbers, categories, drift
    rules            what the settings demand
    distribution     what the small pictures show
    table            all of it for one table
"""
