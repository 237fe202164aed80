"""Tag objects before anybody sees them: git writes them, signed if asked, without a reference in the user's repository.

A tag becomes visible only when the remote has it, so a run that is killed leaves nothing that a later one could mistake
for a promotion.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from headway.errors import RepositoryError
from headway.gather.git.executable import GitError, run_git
from headway.registry.grammar import TagName, write_tag

_SIGNATURE = "\n-----BEGIN "
_NO_IDENTITY = re.compile(r"tell me who you are|empty ident name|no email was given|ident .*not allowed", re.IGNORECASE)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A tag to make.

    Attributes:
        says: its name.
        commit: the commit that it is about.
        message: its message.
        time: the time that it gets, in seconds since 1970.
        sign: whether to sign it; else git's own ``tag.gpgSign`` decides.
    """

    says: TagName
    commit: str
    message: str
    time: int
    sign: bool = False

    @property
    def name(self) -> str:
        """The tag's name."""
        return write_tag(self.says)


def write_object(root: Path, draft: Draft) -> str:
    """Write the tag object into the repository of a folder, without a reference to it, and give its SHA.

    Git makes the tag in an empty repository that shares the objects of the real one, and gets its settings for the
    tagger and for signing.

    Raises:
        RepositoryError: git has no name for the tagger, or cannot sign.
    """
    objects = Path(root, run_git(root, "rev-parse", "--git-path", "objects").strip()).resolve()
    with TemporaryDirectory(prefix="headway-") as folder:
        scratch = Path(folder)
        run_git(scratch, "init", "--quiet", "--bare", "--template=", ".")
        environment = {
            "GIT_DIR": folder,
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_COMMITTER_DATE": f"{draft.time} +0000",
            **_settings_of(root),
        }
        how = "--sign" if draft.sign else "--annotate"
        name = draft.name
        try:
            run_git(
                scratch, "tag", how, "--cleanup=verbatim", "--file=-", name, draft.commit,
                stdin=draft.message, env=environment,
            )  # fmt: skip
        except GitError as error:
            raise _explained(error, draft) from error
        if _wants_signature(root, draft) and _SIGNATURE not in run_git(
            scratch, "cat-file", "tag", name, env=environment
        ):
            raise _unsigned(draft)  # git 2.39 reports success where the file of an SSH key does not exist
        return run_git(scratch, "rev-parse", f"refs/tags/{name}", env=environment).strip()


def _wants_signature(root: Path, draft: Draft) -> bool:
    if draft.sign:
        return True
    try:
        return run_git(root, "config", "--type=bool", "tag.gpgSign").strip() == "true"
    except GitError:  # it is not set
        return False


def _settings_of(root: Path) -> dict[str, str]:
    """The variables by which another repository has this one's settings for identity and signatures."""
    try:
        listed = run_git(root, "config", "--null", "--get-regexp", r"^(user|gpg|tag)\.")
    except GitError:  # there are none
        return {}
    pairs = [entry.partition("\n") for entry in listed.split("\0") if entry]
    keys = {f"GIT_CONFIG_KEY_{place}": key for place, (key, _, _) in enumerate(pairs)}
    values = {f"GIT_CONFIG_VALUE_{place}": value for place, (_, _, value) in enumerate(pairs)}
    return {"GIT_CONFIG_COUNT": str(len(pairs)), **keys, **values}


def _explained(error: GitError, draft: Draft) -> RepositoryError:
    if _NO_IDENTITY.search(error.stderr):
        return RepositoryError(
            f"git has no name for the author of the tag {draft.name}.",
            why="Neither user.name and user.email nor GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL are set.",
            remedy='git config user.name "Ada Lovelace" && git config user.email ada@example.com  # with your own',
        )
    if draft.sign or re.search(r"sign|gpg|secret key", error.stderr, re.IGNORECASE):
        return _unsigned(draft, error.why)
    return RepositoryError(f"git could not write the tag {draft.name}.", why=error.why)


def _unsigned(
    draft: Draft, why: str = "git made it without a signature, as if its key did not exist."
) -> RepositoryError:
    return RepositoryError(
        f"git could not sign the tag {draft.name}.",
        why=why,
        remedy="git config --get-regexp '^(user.signingkey|gpg\\.)'  # which key, and which program",
    )
