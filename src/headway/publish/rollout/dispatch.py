"""The event that starts a roll-out.

A tag that a job pushes with its own token starts no workflow on GitHub; an event that it asks for by the API does.
Source: "Create a repository dispatch event" of GitHub's "REST API endpoints for repositories".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.publish.forges.connect import connect_github
from headway.publish.http.error_responses import Operation

if TYPE_CHECKING:
    from headway.ci.job import Context
    from headway.publish.http.options import ClientOptions
    from headway.values.registry.records import Promotion

PROMOTION_EVENT = "headway-promotion"
"""The type of the event, which a workflow names under ``repository_dispatch``."""

# A second event for the same tag deploys the same commit again, so a lost answer is no reason to give up.
_DISPATCH = Operation("start the workflows of the promotion", "contents: write", idempotent=True)


def dispatch_promotion(context: Context, client: ClientOptions, promotion: Promotion) -> None:
    """Start the default branch's workflows that wait for promotions, with the promotion as the payload.

    The event arrives at least once: if GitHub's answer is lost, it is sent again.

    Raises:
        ContextError: the context is not GitHub's.
        DeniedError: the token lacks ``contents: write``.
        ForgeError: GitHub cannot be reached or refuses.
    """
    github = connect_github(context, client, "start the workflows of a promotion")
    body = {"event_type": PROMOTION_EVENT, "client_payload": msgspec.to_builtins(promotion)}
    github.session.post(_DISPATCH, f"repos/{context.repository}/dispatches", body, None)
