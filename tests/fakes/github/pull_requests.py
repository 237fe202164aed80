"""Opening and changing pull requests, and their reviews."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakes.core.messages import HttpError, Json, Reply, json_reply
from fakes.core.routes import Routes
from fakes.core.state import PullRequest, iso_seconds
from fakes.github.access import INSTALLATION, errors
from fakes.github.openapi import DESCRIPTION
from fakes.github.payloads import listing, node_id, user
from fakes.github.repositories import shown_pull_request

if TYPE_CHECKING:
    from fakes.core.reviews import Review
    from fakes.core.routes import Call
    from fakes.github.state import GitHubState

routes: Routes[GitHubState] = Routes()

PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"
LIMITS = {"title": 256, "body": 65_536}


@routes.add("POST", "/repos/{owner}/{repo}/pulls", needs="pull_requests=write")
def create_pull_request(state: GitHubState, call: Call) -> Reply:
    """Open a pull request from a branch of this repository; there is one at a time between two branches."""
    if call.caller is not None and call.caller.kind == INSTALLATION and not state.actions_open_pull_requests:
        raise errors.error(403, "GitHub Actions is not permitted to create or approve pull requests.")
    body = call.request.json()
    texts = _texts(body)
    head, base = errors.required_text(body, "head"), errors.required_text(body, "base")
    head = head.removeprefix(f"{state.owner}:")
    for field, branch in (("head", head), ("base", base)):
        if not state.tip(branch):
            raise _invalid({"resource": "PullRequest", "field": field, "code": "invalid"})
    if state.git.descends(state.tip(base), state.tip(head)):
        raise _refused(f"No commits between {base} and {head}")
    if state.open_between(head, base):
        raise _refused(f"A pull request already exists for {state.owner}:{head}.")
    request = PullRequest(
        number=state.next_number(),
        head=head,
        base=base,
        head_sha=state.tip(head),
        base_sha=state.tip(base),
        author=call.login,
        **texts,
    )
    state.open_pull_request(request)
    return json_reply(201, shown_pull_request(state, request, "pull-request"))


@routes.add("PATCH", PULL, needs="pull_requests=write")
def update_pull_request(state: GitHubState, call: Call) -> Reply:
    """A pull request's new title or body."""
    old = _pull_request(state, call)
    state.pull_requests[old.number] = replace(old, **_texts(call.request.json()))
    return json_reply(200, shown_pull_request(state, state.pull_requests[old.number], "pull-request"))


@routes.add("GET", f"{PULL}/reviews", needs="pull_requests=read")
def list_reviews(state: GitHubState, call: Call) -> Reply:
    """All reviews in the order in which they were submitted; a dismissed one stays where it was."""
    request = _pull_request(state, call)
    reviews = _as_listed(state.reviews.get(request.number, []))
    return listing(state, call, reviews, lambda review: _shown_review(state, request, review))


def _as_listed(reviews: list[Review]) -> list[Review]:
    """A dismissal is no review of its own: it marks the last decision of its author."""
    found: list[Review] = []
    for review in reviews:
        if review.decision != "dismissed":
            found.append(review)
            continue
        own = [place for place, each in enumerate(found) if (each.author, each.decision) == (review.author, "approved")]
        found[own[-1]] = replace(found[own[-1]], decision="dismissed")
    return found


def _pull_request(state: GitHubState, call: Call) -> PullRequest:
    request = state.pull_requests.get(call.number("pull_number"))
    if request is None:
        raise errors.not_found()
    return request


def _texts(body: Json) -> dict[str, Any]:
    texts = {name: text for name in LIMITS if (text := errors.text(body, name)) is not None}
    for name, text in texts.items():
        if len(text) > LIMITS[name]:
            message = f"{name} is too long (maximum is {LIMITS[name]} characters)"
            raise _invalid({"resource": "Issue", "code": "custom", "field": name, "message": message})
    return texts


def _refused(message: str) -> HttpError:
    return _invalid({"resource": "PullRequest", "code": "custom", "message": message})


def _invalid(entry: Json) -> HttpError:
    return errors.error(422, "Validation Failed", errors=[entry])


def _shown_review(state: GitHubState, request: PullRequest, review: Review) -> Json:
    url = f"{state.url}/pulls/{request.number}"
    page = f"{state.html_url}/pull/{request.number}#pullrequestreview-{review.id}"
    known = {
        "id": review.id,
        "node_id": node_id("PRR", review.id),
        "user": user(state, review.author),
        "body": "",
        "state": review.decision.upper(),
        "submitted_at": iso_seconds(review.at),
        "commit_id": request.head_sha,
        "html_url": page,
        "pull_request_url": url,
        "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        "author_association": review.association,
    }
    return DESCRIPTION.completed("pull-request-review", known)
