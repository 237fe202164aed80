"""The tabular station: two sides of a table in, one :class:`~headway.values.dataset.TableChange` out.

Tables are scanned where they lie, column by column, so that memory follows the longest column and not the table. Only
this station and ``draw`` know polars' frames; what a number means is arithmetic of ``judge``. Start at ``table``.
"""
