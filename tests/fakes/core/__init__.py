"""What the three fake forges share: HTTP on loopback, routing, state, faults, paging, delayed visibility, contracts.

Knows nothing of any forge: no path, no header and no sentence that only one of them would send.
"""
