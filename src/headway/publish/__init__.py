"""Deliver a report to the forge where the team reviews; the only station that opens a network connection to one.

Where this run is, and whom to ask
    context       which forge, repository, pull request, commit and run, read from the environment
    environments  what each CI system puts there
    checkout      whether a fork's commit is checked out where the command runs
    locate        what only the forge knows: the pull request of a commit
    connect       from a context to its forge

One forge, spoken to
    forge         what every forge can do, as a Protocol
    github, gitlab, bitbucket   the three forges, siblings
    http          the session that every request goes through: retries, paging, dry run, errors that teach
    dry_run       a request as a dry run prints it
    wire          one request, one answer: the only module that opens a connection
    transport     credentials, time-outs, patience and the clock
    waiting       when a forge asks for patience, and how much
    refusals      what its refusals mean, in words

What is delivered
    marker, sticky, once   one comment, found again, whoever else writes at the same time
    sizes         the richest rendering that a forge accepts
    status        the headline as a check run, commit status or Code Insights report
    summary       the job summary and the step's outputs
    image_store, images, pictures   where pictures go
    post          joins them for a report
    documents*    the same for Markdown and pictures of the user's own; watching repeats it
    archive, artifact, report_caps, trusted   a fork's report, received safely
    commands*     the command line

Import the module you need; this package imports none of them, so that importing it costs nothing.
"""
