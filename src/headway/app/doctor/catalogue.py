"""Every check of ``headway doctor``, by family and in the order in which they are shown.

``docs/doctor.md`` has this catalogue as a table, which ``make docs`` writes.
"""

from __future__ import annotations

from contextlib import ExitStack
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from headway.app.doctor import (
    forge_checks,
    github_workflows,
    remote_checks,
    repository_checks,
    settings_checks,
    workflow_checks,
)
from headway.app.doctor.findings import Finding, SkippedError, of_error, unexpected
from headway.app.doctor.ground import Ground
from headway.errors import HeadwayError
from headway.report.commands.checkup import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headway.app.doctor.ground import DoctorRequest


class Topic(NamedTuple):
    """A check that can be carried out.

    Attributes:
        name: what is checked.
        looks_at: what it looks at.
        otherwise: what happens in CI if it is not as it should be.
        check: carries it out.
    """

    name: str
    looks_at: str
    otherwise: str
    check: Callable[[Ground], Finding]


CATALOGUE: Mapping[str, tuple[Topic, ...]] = MappingProxyType({
    "Repository": (
        Topic(
            "git",
            "whether git can read the repository",
            "every command ends with exit code 3",
            repository_checks.check_git,
        ),
        Topic(
            "commit",
            "whether there is a commit",
            "every command ends with exit code 3",
            repository_checks.check_commit,
        ),
        Topic(
            "DVC project",
            "`.dvc` in this folder or above it, in git; the other projects of the repository",
            "every command ends with exit code 3",
            repository_checks.check_project,
        ),
        Topic(
            "DVC version",
            "the installed version beside those that Headway works with",
            "imports or reports fail",
            repository_checks.check_version,
        ),
        Topic(
            "DVC configuration",
            "`.dvc/config`; that git ignores `.dvc/config.local`",
            "`headway ci setup` ends with exit code 3",
            repository_checks.check_configuration,
        ),
        Topic(
            "base",
            "the revision that a report would compare with, without fetching it; in CI, whether git can log in",
            "the report compares with nothing, or with the wrong commit",
            repository_checks.check_base,
        ),
        Topic(
            "clone depth",
            "whether the clone is shallow",
            "the base is not found",
            repository_checks.check_depth,
        ),
        Topic(
            "tags",
            "git tags, if the settings have `anchor` or `stages`",
            "the anchor and the versions in the stages are not found",
            repository_checks.check_tags,
        ),
        Topic(
            "pipeline",
            "`dvc.yaml`, `dvc.lock` and `.dvc` files: valid, in git, and with every stage recorded",
            "the report fails, or misses stages and their results",
            repository_checks.check_pipeline,
        ),
        Topic(
            "results",
            "the metrics and plots that the pipeline declares",
            "the report is empty, or has no base to compare with",
            repository_checks.check_results,
        ),
        Topic(
            "reports ignored",
            "whether git ignores `reports/headway`",
            "a report is committed by accident",
            repository_checks.check_ignored,
        ),
    ),
    "DVC remote": (
        Topic(
            "remote",
            "`DVC_REMOTE_URL`, else DVC's default remote",
            "DVC cannot fetch the data that CI needs",
            remote_checks.check_remote,
        ),
        Topic(
            "plug-in",
            "the package that DVC needs for this storage",
            "DVC cannot use the remote",
            remote_checks.check_plugin,
        ),
        Topic(
            "trust",
            "in CI, whether the base branch has the same servers",
            "no credentials are sent, and no data is fetched",
            remote_checks.check_trust,
        ),
        Topic(
            "credentials",
            "the environment variables of this storage",
            "the remote refuses",
            remote_checks.check_credentials,
        ),
        Topic(
            "response",
            "one request to the remote for the name of one object",
            "`headway ci setup` ends with exit code 3",
            remote_checks.check_response,
        ),
    ),
    "Settings": (
        Topic(
            "file",
            "`headway.yaml`, or `[tool.headway]` in `pyproject.toml`",
            "every comparison ends with exit code 2",
            settings_checks.check_readable,
        ),
        Topic(
            "names",
            "metrics, parameters, paths and curves that the settings name",
            "comparisons end with exit code 2, unless base has them",
            settings_checks.check_names,
        ),
        Topic(
            "directions",
            "metrics of which no rule says what is better",
            "their changes are neither better nor worse, and no gate guards them",
            settings_checks.check_directions,
        ),
        Topic(
            "paths",
            "the files under `predictions`, `include` and `evaluation`",
            "metrics stay untested, and sections are missing",
            settings_checks.check_paths,
        ),
    ),
    "Forge": (
        Topic(
            "forge",
            "CI's variables, `--forge` and `--repo`, else the URL of git's remote",
            "Headway does not know where to post",
            forge_checks.check_forge,
        ),
        Topic(
            "token",
            "the variables that may hold one; whether the forge accepts it",
            "nothing is posted",
            forge_checks.check_token,
        ),
        Topic(
            "permissions",
            "its scopes, as far as the forge names them; of GitHub's job token, the `permissions` of the job",
            "the comment or the check run is refused",
            forge_checks.check_access,
        ),
    ),
    "Workflows": (
        Topic(
            "files",
            "`.github/workflows`, `.gitlab-ci.yml`, `bitbucket-pipelines.yml`",
            "CI runs nothing",
            workflow_checks.check_readable_files,
        ),
        Topic(
            "report",
            "whether a job compares",
            "no pull request gets a report",
            workflow_checks.check_runs,
        ),
        Topic(
            "post",
            "whether a job posts",
            "no pull request gets a comment",
            workflow_checks.check_posts,
        ),
        Topic(
            "checkout",
            "GitHub: `fetch-depth` and `persist-credentials` of the jobs that compare",
            "the base is not found",
            github_workflows.check_checkout,
        ),
        Topic(
            "workflow permissions",
            "GitHub: `permissions` of the jobs that post",
            "the comment, the check run or the images are refused",
            github_workflows.check_permissions,
        ),
        Topic(
            "forks",
            "GitHub: a workflow on `workflow_run` that posts, and the names that it waits for",
            "pull requests from forks get no comment",
            github_workflows.check_forks,
        ),
        Topic(
            "placeholders",
            "what the files to copy leave to you, such as `git.example`",
            "the job cannot install Headway",
            workflow_checks.check_placeholders,
        ),
    ),
})  # fmt: skip


def diagnose(request: DoctorRequest) -> tuple[Diagnosis, ...]:
    """Carry out every check; none of them ends this function, however broken the repository is."""
    with ExitStack() as opened:
        ground = Ground(request, opened)
        return tuple(check_topic(family, topic, ground) for family, topics in CATALOGUE.items() for topic in topics)


def check_topic(family: str, topic: Topic, ground: Ground) -> Diagnosis:
    """Carry out one check."""
    try:
        found = topic.check(ground)
    except SkippedError as reason:
        found = Finding("skipped", str(reason))
    except HeadwayError as error:
        found = of_error(error)
    except Exception as error:  # noqa: BLE001 - a broken repository must not end the command that is to explain it
        found = of_error(unexpected(error))
    return Diagnosis(family=family, name=topic.name, status=found.status, what=found.what, remedy=found.remedy)
