"""What the three fake forges share: HTTP on loopback, routing, faults, paging, delayed visibility, contracts.

Knows nothing of any forge: no path, no header and no sentence that only one of them would send.
"""
