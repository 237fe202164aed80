"""Deliver a report to the forge where the team reviews; the only station that opens a network connection to one.

    post       joins the folders below for reports
    documents  the same for Markdown and images of the user's own
    comment    one comment, found again whoever else writes; as much of a report as fits; status, summary, outputs
    images     where images go, so that a comment can show them
    forges     GitHub, GitLab and Bitbucket behind one Protocol
    http       the session that every request goes through: retries, paging, dry run, errors that teach
    fork       a fork's report, received safely

Import the module you need; this package imports none of them, so that importing it costs nothing.
"""
