"""The comment as a page: what ``headway post --preview`` writes, without a token and without the network."""
