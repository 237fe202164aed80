"""What a real pipeline declares and records, read on both sides."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from typing import TYPE_CHECKING

import pytest
from repos import Project

from headway.errors import RepositoryError
from headway.gather import Repository
from headway.values.snapshot import Out, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from repos import Opener

    from headway.values.problem import Problem
    from headway.values.snapshot import Snapshot


def md5(text: str) -> str:
    return f"md5:{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}"


def said(snapshot: Snapshot) -> list[str]:
    return [sentence(problem) for problem in snapshot.problems]


def sentence(problem: Problem) -> str:
    return f"{problem.where}: {problem.what}"


# Both sides


def test_both_sides_of_a_trained_project(trained: Project, view: Opener) -> None:
    head, base = view(trained).snapshot(), view(trained, "HEAD~1").snapshot()
    assert (base.metrics, head.metrics) == ({"metrics.json": {"acc": 0.9}}, {"metrics.json": {"acc": 0.95}})
    assert (base.params, head.params) == ({"params.yaml": {"lr": 0.1}}, {"params.yaml": {"lr": 0.2}})
    assert (base.data, head.data) == (
        {"model.bin": Out(hash=md5("0.1"), size=3)},
        {"model.bin": Out(hash=md5("0.2"), size=3)},
    )
    assert list(base.others) == ["metrics.json"]
    assert base.stages["train"] == Stage(
        cmd="true",
        deps={"code.py": md5("")},
        params={"params.yaml": {"lr": 0.1}},
        outs={"metrics.json": md5('{\n  "acc": 0.9\n}\n'), "model.bin": md5("0.1")},
        sizes={"code.py": 0, "metrics.json": 17, "model.bin": 3},
    )
    assert head.revision.name == "workspace"
    assert not base.problems
    assert not base.notes


def test_the_workspace_is_read_as_it_is_and_its_lock_as_it_was_recorded(trained: Project, view: Opener) -> None:
    trained.json("metrics.json", {"acc": 0.99}).write("params.yaml", "lr: 0.5")
    snapshot = view(trained).snapshot()
    assert snapshot.metrics == {"metrics.json": {"acc": 0.99}}
    assert snapshot.params == {"params.yaml": {"lr": 0.5}}
    assert snapshot.stages["train"].params == {"params.yaml": {"lr": 0.2}}


def test_a_snapshot_is_the_same_every_time_and_collected_once(trained: Project, view: Opener) -> None:
    one, other = view(trained), view(trained)
    assert one.snapshot() == other.snapshot()
    assert one.snapshot() is one.snapshot()


# A base that has less


def test_a_base_without_dvc_is_empty_and_says_so(tmp_path: Path, view: Opener) -> None:
    project = Project(tmp_path / "p", dvc=False)
    first = project.write("code.py", "").commit()
    project.dvc_init().json("m.json", {"a": 1}).dvc_yaml({"metrics": ["m.json"]}).commit()
    base = view(project, first)
    assert base.snapshot().notes == (f"{first[:7]} has no DVC project here, so everything is new",)
    assert base.snapshot().metrics == {}
    assert base.read("m.json", 100) is None
    assert view(project).snapshot().notes == ()


def test_a_base_without_this_folder_is_empty_and_says_so(tmp_path: Path, view: Opener) -> None:
    first = Project(tmp_path / "p").commit()
    inner = Project(tmp_path / "p", subdir="teams/new", git=False).dvc_init()
    inner.json("m.json", {"a": 1}).dvc_yaml({"metrics": ["m.json"]}).commit()
    assert view(inner, first).snapshot().notes == (f"{first[:7]} has no DVC project here, so everything is new",)
    assert view(inner, first, "head").snapshot().notes == (
        f"{first[:7]} has no DVC project here, so everything is gone",
    )


def test_a_base_without_a_pipeline_says_so(project: Project, view: Opener) -> None:
    project.write("params.yaml", "lr: 1\n").commit()
    snapshot = view(project, "main").snapshot()
    assert snapshot.notes == ("main has no dvc.yaml and no .dvc file, so its pipeline is empty",)
    assert snapshot.params == {"params.yaml": {"lr": 1}}


def test_before_a_first_commit_everything_is_new(project: Project) -> None:
    project.commit()
    with Repository.open(project.root) as repository:
        base = repository.open_revision(repository.resolve_base(None, repository.resolve_head(None), None), "base")
        assert base.snapshot().notes == ("There is no commit to compare with, so everything is new",)
        assert base.read("dvc.yaml", 100) is None


def test_a_file_that_is_declared_and_not_there_is_no_unreadable_one(project: Project, view: Opener) -> None:
    project.dvc_yaml({"metrics": ["m.json"]}).commit()
    snapshot = view(project, "main").snapshot()
    assert snapshot.metrics == {}
    assert snapshot.unreadable == frozenset()
    assert said(snapshot) == ["m.json (base): the file is declared and does not exist"]


# Metrics


def test_metrics_of_every_format_and_place(project: Project, view: Opener) -> None:
    project.json("a.json", {"x": {"y": 1}}).write("b.yaml", "x: 0.5").write("c.toml", "[t]\nx = 2\n").write("d", "0.7")
    project.json("sub/e.json", {"x": 1}).json("folder/f.json", {"x": 2}).json("folder/deep/g.json", {"x": 3})
    project.dvc_yaml(
        {
            "metrics": ["b.yaml", "c.toml", "a.json", "folder"],
            "stages": {"s": {"cmd": "true", "metrics": ["a.json", {"d": {"cache": False}}]}},
        }
    ).dvc_yaml({"metrics": ["e.json"]}, "sub").recorded().commit()
    expected = {
        "a.json": {"x.y": 1},
        "b.yaml": {"x": 0.5},
        "c.toml": {"t.x": 2},
        "d": {"": 0.7},
        "sub/e.json": {"x": 1},
        "folder/f.json": {"x": 2},
        "folder/deep/g.json": {"x": 3},
    }
    assert view(project).snapshot().metrics == expected
    assert view(project, "main").snapshot().metrics == expected


def test_odd_values_and_odd_files_cost_a_footnote_each(project: Project, view: Opener) -> None:
    files = {
        "ok.json": '{"a": NaN, "b": Infinity, "c|d\\n": 1, "🎯.x": "good", "l": [1], "n": null}',
        "list.json": "[1, 2]",
        "null.json": "null",
        "twice.json": '{"acc": 1, "acc": 2}',
        "broken.json": '{"a": ',
        "empty.json": "",
        "deep.json": "[" * 5000,
    }
    for name, text in files.items():
        project.write(name, text)
    project.write("folder.json/x", "").dvc_yaml({"metrics": [*files, "gone.json"]}).commit()
    snapshot = view(project).snapshot()
    assert list(snapshot.metrics) == ["ok.json", "twice.json"]
    metrics = snapshot.metrics["ok.json"]
    assert math.isnan(float(metrics["a"]))
    assert {key: value for key, value in metrics.items() if key != "a"} == {
        "b": math.inf,
        "c|d\n": 1,
        '"🎯.x"': "good",
    }
    assert snapshot.no_metrics == {"ok.json": {"l": [1], "n": None}, "twice.json": {}}
    assert snapshot.unreadable == set(files) - {"ok.json", "twice.json"}
    assert said(snapshot) == [
        "list.json (head): the file contains a list, not metrics",
        "null.json (head): the file contains no metrics, only null",
        "twice.json (head): the file names 'acc' twice in one object; Headway, Python and DVC use the last value",
        "broken.json (head): the file is not valid JSON: line 1: Expecting value",
        "empty.json (head): the file is empty",
        "deep.json (head): the file is nested more than 100 levels deep",
        "gone.json (head): the file is declared and does not exist",
    ]


@pytest.mark.slow
def test_a_hundred_thousand_metrics_are_read(project: Project, view: Opener) -> None:
    metrics = json.dumps({f"k{i}": {"v": i} for i in range(100_000)})
    project.write("m.json", metrics).dvc_yaml({"metrics": ["m.json"]}).commit()
    assert len(view(project).snapshot().metrics["m.json"]) == 100_000


# Parameters


def test_parameters_of_every_format_and_place(project: Project, view: Opener) -> None:
    project.write("params.yaml", "lr: 0.1\nlayers: [64, 32]\nitem: {a: 1}\n").json(
        "other.json", {"a": {"b": 1}, "c": 2}
    )
    project.write("conf.py", "SEED = 3\nUNUSED = 4\n").write("whole.toml", "x = 1\n").json("vars.json", {"v": {"w": 5}})
    params = ["lr", {"other.json": ["a.b"]}, {"conf.py": ["SEED"]}]
    project.dvc_yaml(
        {
            "vars": ["vars.json"],
            "params": ["whole.toml"],
            "stages": {"s": {"cmd": "x ${v.w} ${item.a}", "params": params}},
        }
    ).commit()
    for name in (None, "main"):
        assert view(project, name).snapshot().params == {
            "params.yaml": {"lr": 0.1, "layers": [64, 32], "item.a": 1},
            "other.json": {"a.b": 1},
            "conf.py": {"SEED": 3},
            "whole.toml": {"x": 1},
            "vars.json": {"v.w": 5},
        }


def test_a_parameter_file_without_names_and_one_that_is_gone(project: Project, view: Opener) -> None:
    project.write("list.json", "[1]").write("params.yaml", "# nothing yet\n")
    stage = {"cmd": "true", "params": [{"list.json": ["a"]}, {"gone.json": ["a"]}]}
    project.dvc_yaml({"stages": {"s": stage}}).commit()
    snapshot = view(project).snapshot()
    assert snapshot.params == {"params.yaml": {}}
    assert snapshot.unreadable == {"list.json"}
    assert said(snapshot) == [
        "list.json (head): the file contains no parameters by name",
        "gone.json (head): the file is declared and does not exist",
    ]


# Stages and data


def test_stages_of_several_files_are_addressed_as_in_dvc(project: Project, view: Opener) -> None:
    project.write("a.txt", "a").write("sub/b.txt", "b").write(".sub/b.txt", "c").write(
        "sub/params.yaml", "p: {q: 1, r: [2]}\n"
    )
    project.dvc_yaml(
        {
            "stages": {
                "each": {"foreach": ["k", "l"], "do": {"cmd": "true ${item}", "deps": ["a.txt"]}},
                "report": {"cmd": "true", "deps": ["a.txt"], "always_changed": True},
                "several": {"cmd": ["one", "two"], "wdir": ".sub", "deps": ["b.txt", "../a.txt"]},
            }
        }
    ).dvc_yaml({"stages": {"s": {"cmd": "true", "deps": ["b.txt"], "params": ["p"]}}}, "sub").recorded().commit()
    project.dvc_yaml((project.root / "dvc.yaml").read_text().replace("}\n}\n", '},"new": {"cmd": "x"}}}\n'))
    stages = view(project, "main").snapshot().stages
    assert list(stages) == ["each@k", "each@l", "report", "several", "sub/dvc.yaml:s"]
    assert stages["each@l"].cmd == "true l"
    assert stages["report"].always_changed
    deps = {".sub/b.txt": md5("c"), "a.txt": md5("a")}
    assert stages["several"] == Stage(cmd="one && two", deps=deps, sizes=dict.fromkeys(deps, 1))
    assert stages["sub/dvc.yaml:s"].params == {"sub/params.yaml": {"p.q": 1, "p.r": [2]}}


def test_a_stage_that_never_ran_is_not_recorded(project: Project, view: Opener) -> None:
    project.dvc_yaml({"stages": {"s": {"cmd": "true", "outs": ["model.bin"]}}}).commit()
    snapshot = view(project).snapshot()
    assert snapshot.stages == {}
    assert snapshot.unrecorded == {"s"}
    assert snapshot.data == {}


def test_data_is_what_is_tracked_and_is_no_metric_and_no_plot(project: Project, view: Opener) -> None:
    for name in ("data/a", "data/b", "model.bin", "metrics.json", "top.json", "roc.csv", "plots/p.csv", "single.csv"):
        project.write(name, '{"v": 1}')
    project.add("data").dvc_yaml(
        {
            "stages": {
                "s": {
                    "cmd": "true",
                    "outs": ["model.bin", {"top.json": {"cache": False}}, "plots", "single.csv"],
                    "metrics": ["metrics.json"],
                    "plots": ["roc.csv"],
                }
            },
            "metrics": ["top.json"],
            "plots": ["plots", "single.csv"],
        }
    ).recorded().commit()
    head, base = view(project).snapshot().data, view(project, "main").snapshot().data
    assert head == base
    assert list(head) == ["data", "model.bin"]
    assert (head["data"].size, head["data"].files, head["data"].hash[-4:]) == (16, 2, ".dir")


def test_a_size_that_no_file_has_is_none(project: Project, view: Opener) -> None:
    for name, size in (("negative", -1), ("huge", 10**30), ("fine", 2**53 - 1)):
        project.write(f"{name}.dvc", f"outs:\n- {{md5: {'a' * 32}, size: {size}, hash: md5, path: {name}}}\n")
    project.commit()
    sizes = {path: out.size for path, out in view(project).snapshot().data.items()}
    assert sizes == {"fine": 2**53 - 1, "huge": None, "negative": None}


def test_imported_data_is_data(project: Project, trained: Project, view: Opener) -> None:
    project.write("elsewhere.txt", "e")
    with project.dvc() as repo:
        repo.imp(str(trained.root), "code.py", out="imported.py")
        repo.imp_url(str(project.root / "elsewhere.txt"), "local.txt")
        repo.imp_url(str(project.root / "elsewhere.txt"), "partial.txt", no_download=True)
    project.commit()
    for name in (None, "main"):
        data = view(project, name).snapshot().data
        assert list(data) == ["imported.py", "local.txt", "partial.txt"]
        assert data["imported.py"].hash == md5("")
        assert data["partial.txt"].hash == data["local.txt"].hash == md5("e")


def test_a_template_of_the_teams_own_is_that_of_its_side(project: Project, view: Opener) -> None:
    for mark in ("line", "bar"):
        project.json(".dvc/plots/mine.json", {"mark": mark}).write("p.csv", "x\n1\n")
        project.dvc_yaml({"plots": [{"p.csv": {"template": "mine"}}]}).commit()
    assert [view(project, name).snapshot().plots[0].custom for name in ("HEAD~1", None)] == [
        {"mark": "line"},
        {"mark": "bar"},
    ]


def test_dvcignore_hides_pipeline_files_on_both_sides(project: Project, view: Opener) -> None:
    project.json("a.json", {"x": 1}).dvc_yaml({"metrics": ["a.json"]}).write(".dvcignore", "/examples/\n")
    project.dvc_yaml({"metrics": ["a.json"]}, "examples").commit()
    for name in (None, "main"):
        assert list(view(project, name).snapshot().metrics) == ["a.json"]
        assert not view(project, name).snapshot().problems


def test_a_folder_that_git_ignores_hides_its_pipeline_files(project: Project, view: Opener) -> None:
    project.json("a.json", {"x": 1}).dvc_yaml({"metrics": ["a.json"]}).write(".gitignore", "/venv/\n")
    project.dvc_yaml("broken: [", "venv/lib").commit()
    assert list(view(project).snapshot().metrics) == ["a.json"]


# Files


def read(view: Opener, project: Project, path: str, name: str | None = None, limit: int = 100) -> bytes | str | None:
    found = view(project, name).read(path, limit)
    return found if found is None or isinstance(found, bytes) else sentence(found)


@pytest.mark.parametrize("name", [None, "main"])
def test_files_of_git_and_of_the_cache_are_read_alike(trained: Project, view: Opener, name: str | None) -> None:
    (trained.root / "model.bin").unlink()
    assert read(view, trained, "code.py", name) == b""
    assert read(view, trained, "model.bin", name) == b"0.2"
    assert read(view, trained, "sub/nothing.txt", name) is None
    assert read(view, trained, "code.py/nothing.txt", name) is None


@pytest.mark.parametrize("name", [None, "main"])
@pytest.mark.parametrize("path", ["code.py", "model.bin", "link.md"])
def test_a_file_above_the_limit_is_a_footnote(trained: Project, view: Opener, path: str, name: str | None) -> None:
    trained.write("code.py", "x" * 2000).write("model.bin", "x" * 2000).recorded()
    (trained.root / "link.md").symlink_to("code.py")
    trained.commit()
    (trained.root / "model.bin").unlink()
    assert "is larger than 1 KiB" in str(read(view, trained, path, name, limit=1024))
    assert len(read(view, trained, path, name, limit=2000) or b"") == 2000


@pytest.mark.parametrize("name", [None, "main"])
@pytest.mark.parametrize("path", ["/etc/hostname", "../outside.txt", "a/../../outside.txt"])
def test_nothing_outside_the_repository_is_read(trained: Project, view: Opener, path: str, name: str | None) -> None:
    (trained.root.parent / "outside.txt").write_text("secret")
    assert "is outside the repository" in str(read(view, trained, path, name))


@pytest.mark.parametrize("name", [None, "main"])
def test_a_link_out_of_the_repository_is_not_followed(trained: Project, view: Opener, name: str | None) -> None:
    (trained.root.parent / "outside").mkdir()
    (trained.root.parent / "outside/secret.txt").write_text("secret")
    for link, target in {"file.txt": "secret.txt", "folder": ""}.items():
        (trained.root / link).symlink_to(f"../outside/{target}")
        (trained.root / f"absolute-{link}").symlink_to(trained.root.parent / "outside" / target)
    (trained.root / "detour").symlink_to(f"../{trained.root.name}/folder")
    trained.commit()
    paths = ("file.txt", "folder/secret.txt", "absolute-file.txt", "absolute-folder/secret.txt", "detour/secret.txt")
    for path in paths:
        assert "is a symbolic link to a place outside the repository" in str(read(view, trained, path, name))
    trained.dvc_yaml({"metrics": ["folder", "absolute-folder"], "plots": ["folder"]}).commit()
    assert view(trained, name).snapshot().plots == ()


def test_folders_outside_the_repository_are_not_listed(trained: Project, view: Opener) -> None:
    (trained.root.parent / "outside").mkdir()
    (trained.root.parent / "outside/secret.csv").write_text("a\n1\n")
    (trained.root / "link").symlink_to("../outside")
    trained.dvc_yaml({"plots": ["../outside", str(trained.root.parent / "outside"), "link"]})
    assert view(trained).snapshot().plots == ()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (".git/HEAD", "git"),
        ("./.git/./HEAD", "git"),
        ("sub/../.git/HEAD", "git"),
        ("sub/git/HEAD", "git"),
        ("SUB/.GIT/HEAD", "git"),
        ("meta/HEAD", "git"),
        (".dvc/config.local", "DVC"),
        (".dvc/tmp/lock", "DVC"),
        (".dvc/cache/secret.txt", "DVC"),
        ("sub/project/.dvc/config.local", "DVC"),
        ("worktree/a.txt", "another git repository"),
        ("clone/deep/a.txt", "another git repository"),
    ],
)
def test_what_is_private_to_git_or_dvc_is_not_read(trained: Project, view: Opener, path: str, reason: str) -> None:
    for secret in (".dvc/config.local", ".dvc/tmp/lock", ".dvc/cache/secret.txt", "sub/project/.dvc/config.local"):
        trained.write(secret, "[core]\n")
    Project(trained.root / "clone", dvc=False).write("deep/a.txt", "secret")
    trained.write("SUB/.GIT/HEAD", "secret").write("worktree/a.txt", "secret").write("worktree/.git", "gitdir: /x\n")
    (trained.root / "sub/git").symlink_to("../.git")
    if path.startswith("meta"):
        trained.git("init", "--quiet", "--separate-git-dir=meta")
    assert reason in str(read(view, trained, path))


def test_the_pipelines_of_another_git_repository_are_left_out_as_in_a_commit(trained: Project, view: Opener) -> None:
    stage = {"cmd": "true", "outs": ["o"]}
    Project(trained.root / "clone", dvc=False).write("deep/dvc.yaml", json.dumps({"stages": {"theirs": stage}}))
    project = view(trained).project
    assert project is not None
    assert [file.path for file in project.files] == ["dvc.yaml"]


def test_a_cache_that_the_change_names_opens_no_folder_to_links(trained: Project, view: Opener) -> None:
    (trained.root.parent / "outside").mkdir()
    (trained.root.parent / "outside/secret.txt").write_text("secret")
    (trained.root / "link").symlink_to("../outside/secret.txt")
    trained.write(".dvc/config", f"[cache]\n    dir = {trained.root.parent}/outside\n")
    assert "a place outside the repository" in str(read(view, trained, "link"))


@pytest.mark.parametrize("name", [None, "main"])
def test_variables_of_the_same_git_repository_may_lie_above_the_project(
    tmp_path: Path, view: Opener, name: str | None
) -> None:
    project = Project(tmp_path / "mono", subdir="model").write("../shared.yaml", "lr: 0.3\n")
    project.dvc_yaml({"vars": ["../shared.yaml"], "stages": {"t": {"cmd": "echo ${lr}", "outs": ["o"]}}}).commit()
    assert view(project, name).snapshot().params == {"../shared.yaml": {"lr": 0.3}}


@pytest.mark.parametrize("name", [None, "main"])
def test_no_error_quotes_the_configuration(trained: Project, view: Opener, name: str | None) -> None:
    trained.write(".dvc/config.local", "[core]\nsecret_key abc\n")
    with pytest.raises(RepositoryError) as refused:
        view(trained, name)
    assert "at line 2" in refused.value.why
    assert "abc" not in str(refused.value)


@pytest.mark.parametrize("name", [None, "main"])
def test_links_inside_the_repository_are_followed(trained: Project, view: Opener, name: str | None) -> None:
    trained.write("sub/three.txt", "found").write("sub/deep/x", "deep").write("top.txt", "top")
    links = {
        "one.txt": "sub/two.txt",
        "sub/two.txt": "three.txt",
        "folder": "sub",
        "other": "folder/deep/../deep/.//",
        "sub/up": "..",
        "sub/deep/root": str(trained.root),
        "ring.txt": "ring.txt",
        "there": "back/x",
        "back": "there",
        "c0": "top.txt",
        **{f"c{number}": f"c{number - 1}" for number in range(1, 12)},
    }
    for link, target in links.items():
        (trained.root / link).symlink_to(target)
    trained.commit()
    for path in ("one.txt", "folder/three.txt", "folder/two.txt", "sub/up/one.txt", "folder/deep/root/one.txt"):
        assert read(view, trained, path, name) == b"found"
    assert read(view, trained, "other/x", name) == b"deep"
    assert read(view, trained, "c11", name) == b"top"
    assert read(view, trained, "folder/nothing", name) is None
    assert "regular file" in str(read(view, trained, "folder", name))
    for ring in ("ring.txt", "there", "back/x/y"):
        assert "too many levels of symbolic links" in str(read(view, trained, ring, name))


@pytest.mark.parametrize("name", [None, "main"])
def test_what_is_declared_behind_links_is_read(project: Project, view: Opener, name: str | None) -> None:
    project.json("real/m.json", {"acc": 0.5}).write("real/p.yaml", "lr: 0.1\n").write("real/plots/a.csv", "x,y\n1,2\n")
    project.json("one.json", {"f1": 1}).write("real/plots/deep/b.csv", "x,y\n1,2\n").write("real/vars.yaml", "n: 3\n")
    for link, target in {
        "link": "real",
        "params.yaml": "real/p.yaml",
        "real/linked.json": "../one.json",
        "real/plots/again": "..",
        "real/plots/c.csv": "a.csv",
    }.items():
        (project.root / link).symlink_to(target)
    stage = {"cmd": "x ${n}", "deps": ["link/plots/a.csv"], "params": [{"link/p.yaml": ["lr"]}]}
    declared = {"metrics": ["link/m.json", "link/linked.json"], "plots": ["link/plots"], "vars": ["link/vars.yaml"]}
    project.dvc_yaml({**declared, "stages": {"s": stage}}, "real").remove("real/vars.yaml")
    project.write("real/vars.yaml", "n: 3\n")
    (project.root / "dvc.yaml").symlink_to("real/dvc.yaml")
    (project.root / "real/link").symlink_to(".")
    project.recorded().commit()
    snapshot = view(project, name).snapshot()
    assert snapshot.metrics == {
        path: values
        for folder in ("", "real/")
        for path, values in ((f"{folder}link/m.json", {"acc": 0.5}), (f"{folder}link/linked.json", {"f1": 1}))
    }
    assert snapshot.params["link/p.yaml"] == snapshot.params["params.yaml"] == {"lr": 0.1}
    assert snapshot.params["link/vars.yaml"] == {"n": 3}
    plots = {plot.id for plot in snapshot.plots}
    assert {f"link/plots/{file}.csv" for file in ("a", "c", "deep/b")} <= plots
    assert not [plot for plot in plots if "again" in plot]
    assert said(snapshot) == []


@pytest.mark.parametrize("name", [None, "main"])
def test_a_link_to_what_dvc_tracks_is_followed_though_the_data_is_not_here(
    project: Project, view: Opener, name: str | None
) -> None:
    project.json("runs/7/m.json", {"acc": 0.5}).json("best.json", {"acc": 1}).add("runs", "best.json")
    (project.root / "latest").symlink_to("runs/7")
    (project.root / "winner.json").symlink_to("best.json")
    project.dvc_yaml({"metrics": ["latest/m.json", "winner.json", "latest"]}).commit()
    shutil.rmtree(project.root / "runs")
    project.remove("best.json")
    snapshot = view(project, name).snapshot()
    assert snapshot.metrics == {"latest/m.json": {"acc": 0.5}, "winner.json": {"acc": 1}}
    assert said(snapshot) == []


def test_links_into_the_cache_are_followed(trained: Project, view: Opener) -> None:
    with trained.write(".dvc/config", "[cache]\n    type = symlink\n").dvc() as repo:
        repo.checkout(["model.bin"], relink=True)
    assert (trained.root / "model.bin").is_symlink()
    assert read(view, trained, "model.bin") == b"0.2"


@pytest.mark.parametrize("name", [None, "main"])
def test_a_folder_is_no_file(trained: Project, view: Opener, name: str | None) -> None:
    trained.write("sub/x", "").commit()
    assert "regular file" in str(read(view, trained, "sub", name))


def test_a_file_of_git_lfs_is_its_content(project: Project, view: Opener) -> None:
    content, digest = b'{"a": 1}', hashlib.sha256(b'{"a": 1}').hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"
    project.write(".gitattributes", "*.json filter=lfs diff=lfs merge=lfs -text\n").write("m.json", pointer)
    project.dvc_yaml({"metrics": ["m.json"]}).commit()
    project.write(f".git/lfs/objects/{digest[:2]}/{digest[2:4]}/{digest}", content)
    assert view(project, "main").snapshot().metrics == {"m.json": {"a": 1}}
