"""Propose a salt for the split: the one of a thousand that balances the classes best.

The choice depends only on the balance, never on the result of a model. Use this only for a new data set, because a new
salt moves rows between splits.
"""

from __future__ import annotations

from digits.prepare import TABLE, PrepareParams
from digits.schema import read_digits
from digits.split import assign, class_shares, imbalance
from digits.stage import read_params

CANDIDATES = 1000


def main() -> None:
    """Print the best salt and its largest imbalance."""
    table, shares = read_digits(TABLE), read_params("prepare", PrepareParams).shares
    worst = {}
    for number in range(CANDIDATES):
        salt = f"digits-{number}"
        splits = assign(table["id"], shares, salt)
        worst[salt] = imbalance(class_shares(table["label"], splits), shares).to_numpy().max()
    best = min(worst, key=lambda salt: worst[salt])
    print(f"prepare.salt: {best} (class shares off by {worst[best]:.3f} at most)")


if __name__ == "__main__":
    main()
