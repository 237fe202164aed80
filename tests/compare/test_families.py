"""Which metrics belong together, and the one number of those that do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from samples import make_report, metric

from headway.compare.families import families, siblings
from headway.compare.groups import groups

if TYPE_CHECKING:
    from headway.values.comparison import Metric


def declared(*keys: str, rank: int = 0, file: str = "m.json") -> list[Metric]:
    found = [metric(key, 0.5, 0.6, "higher", file=file) for key in keys]
    return [msgspec.structs.replace(one, rank=rank) for one in found]


class TestFamilies:
    @pytest.mark.parametrize(
        ("keys", "name"),
        [
            ("p.0 p.1 p.2 p.10", "p.*"),
            ("f1_class_0 f1_class_1 f1_class_2 f1_class_3", "f1_class_*"),
            ('val."a.b".0 val."a.b".1 val."a.b".2 val."a.b".3', 'val."a.b".*'),
        ],
    )
    def test_numbers_tell_members_apart(self, keys: str, name: str) -> None:
        (family,) = families(make_report("\n".join(f"{key} 1 -> 2" for key in keys.split())).metrics)
        assert family.mean.key == name
        assert [family.name(member) for member in family.members] == [
            key.split("_")[-1].split(".")[-1] for key in keys.split()
        ]

    def test_names_do_where_one_rule_is_for_them_alone(self) -> None:
        animals = ["p.cat", "p.dog", "p.fish", "p.bird"]
        assert [family.mean.key for family in families(declared(*animals))] == ["p.*"]
        assert families([*declared(*animals), *declared("r.cat")]) == ()
        assert families(make_report("\n".join(f"{key} 1 -> 2" for key in animals)).metrics) == ()
        ruled_by_base = [msgspec.structs.replace(one, rank=None) for one in declared(*animals)]
        assert families(ruled_by_base) == ()

    @pytest.mark.parametrize(
        "lines",
        [
            "train.loss 1 -> 2\ntrain.acc 1 -> 2\ntrain.epochs 1 -> 2\ntrain.rate 1 -> 2",
            "p.0 1 -> 2\np.1 1 -> 2\np.2 1 -> 2",
            "p.0 1 -> 2\np.1 1 -> 2\np.2 1 -> 2\np.3 a -> 2",
            "p.0 1 -> 2\np.1 1 -> 2\np.2 1 -> 2\np.3 - -> 2",
            "p.0 1 -> 2\np.1 1 -> 2\np.2 1 -> 2 lower\np.3 1 -> 2 higher",
            "a.json:p.0 1 -> 2\na.json:p.1 1 -> 2\nb.json:p.2 1 -> 2\nb.json:p.3 1 -> 2",
            "p50 1 -> 2\np90 1 -> 2\np95 1 -> 2\np99 1 -> 2",
            "1 1 -> 2\n2 1 -> 2\n3 1 -> 2\n4 1 -> 2",
        ],
        ids=["no mean", "few", "text", "new member", "directions", "files", "percentiles", "no name"],
    )
    def test_what_is_no_family(self, lines: str) -> None:
        assert families(make_report(lines).metrics) == ()

    def test_the_mean_is_free_of_binary_rounding(self) -> None:
        (family,) = families(make_report("\n".join(f"p.{n} 0.1 -> 0.{n}" for n in (1, 2, 3, 4))).metrics)
        assert (family.mean.base, family.mean.head, family.mean.change, family.mean.relative) == (0.1, 0.25, 0.15, 1.5)
        assert [member.key for member in family.changed] == ["p.4", "p.3", "p.2"]

    def test_a_new_family_has_a_mean_of_one_side(self) -> None:
        (family,) = families(make_report("\n".join(f"p.{n} - -> {n}" for n in range(4))).metrics)
        assert (family.mean.status, family.mean.base, family.mean.head, family.mean.change) == (
            "added",
            None,
            1.5,
            None,
        )

    def test_two_siblings_are_enough_to_share_decimals(self) -> None:
        assert [prefix for prefix, _ in siblings(make_report("p.0 1 -> 2\np.1 1 -> 2\nq.1 1 -> 2").metrics)] == ["p."]


class TestGroups:
    @pytest.mark.parametrize(
        ("names", "group", "items"),
        [
            ("results/b/m.json:x results/a/m.json:x", "results/*/m.json", ["a", "b"]),
            ("r/x_10.json:f1 r/x_9.json:f1", "r/*.json", ["x_9", "x_10"]),
            ("m.json:b.x m.json:a.x m.json:c", "m.json", ["a", "b"]),
            ('m.json:eval."a.b".x m.json:eval.c.x', "m.json:eval.*", ["c", '"a.b"']),
        ],
    )
    def test_items_are_what_differs(self, names: str, group: str, items: list[str]) -> None:
        (found,) = groups(make_report("\n".join(f"{name} 1 -> 2" for name in names.split())).metrics)
        assert (found.name, sorted(found.cells)) == (group, sorted(items))

    def test_items_share_at_least_half_of_their_metrics(self) -> None:
        made = make_report("a.x 1 -> 2\na.y 1 -> 2\nb.x 1 -> 2\nc.z 1 -> 2\nc.x 1 -> 2\nc.w 1 -> 2")
        (found,) = groups(made.metrics)
        assert list(found.cells) == ["a", "b"]

    @pytest.mark.parametrize(
        "lines", ["acc.txt: 1 -> 2\nloss.txt: 1 -> 2", "p.* 1 -> 2\nr.* 1 -> 2", ".".join("a" * 5000) + " 1 -> 2"]
    )
    def test_what_is_no_group(self, lines: str) -> None:
        assert groups(make_report(lines).metrics) == ()

    def test_a_file_is_in_one_group_only(self) -> None:
        made = make_report("\n".join(f"r/{item}/{name}.json:x 1 -> 2" for item in "abc" for name in ("m", "n")))
        found = groups(made.metrics)
        assert [(group.name, len(group.metrics)) for group in found] == [("r/*/m.json", 3), ("r/*/n.json", 3)]
