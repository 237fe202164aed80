"""What only a fake Bitbucket remembers. No HTTP here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fakes.core.state import State

if TYPE_CHECKING:
    from fakes.core.messages import Json

SHORT_SHA = 12


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A report or a build status: what its maker sent, under the name that he gave it."""

    sha: str
    key: str
    fields: Json
    created_at: float
    updated_at: float


@dataclass(kw_only=True)
class BitbucketState(State):
    """One repository and everything in it; ``url`` is the web site."""

    url: str
    reports: dict[tuple[str, str], Stored] = field(default_factory=dict)
    statuses: dict[tuple[str, str], Stored] = field(default_factory=dict)
    downloads: dict[str, bytes] = field(default_factory=dict)

    @property
    def api_url(self) -> str:
        return f"{self.url}/2.0/repositories/{self.full_name}"

    @property
    def html_url(self) -> str:
        return f"{self.url}/{self.full_name}"

    def store(self, kept: dict[tuple[str, str], Stored], sha: str, key: str, fields: Json) -> Stored:
        """Keep what its maker sends for a commit; fields that he does not send again keep their values."""
        now = self.clock()
        old = kept.get((sha, key)) or Stored(sha=sha, key=key, fields={}, created_at=now, updated_at=now)
        kept[sha, key] = replace(old, fields={**old.fields, **fields}, updated_at=now)
        return kept[sha, key]

    def resolve(self, name: str) -> str | None:
        """A known commit by its SHA or the first twelve or more digits of it, as pull requests show it."""
        found = [sha for sha in self.commits if sha.startswith(name)]
        return found[0] if len(name) >= SHORT_SHA and found else None
