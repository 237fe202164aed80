"""Two sides of a table in, one :class:`~headway.values.dataset.TableChange` out. Start at ``table``.

Tables are scanned in place, column by column, so that memory follows the longest column and not the table. Only this
folder, the plots' tables and ``draw`` know polars' frames; what a number means is arithmetic of ``judge``.
"""
