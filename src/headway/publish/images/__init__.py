"""Where pictures go so that a comment can show them: small siblings that satisfy ImageStore.

    formats    what a picture's bytes are, and a name that changes with them
    branch     GitHub: one branch without a common history, written through the Git Data API
    git_data   that API; git_objects: the names that git gives to content; batches: what lies on the branch
    prune      which batches are taken off the branch again, and how its history is dropped
    upload     GitLab: a project's uploads
    downloads  Bitbucket: a repository's downloads
    bucket     any forge: a bucket through fsspec, with a public address
    none       any forge: words and sparklines instead of pictures
    wishes     what the command line and the settings want
    choose     which of them a run uses, and why

Import the module you need; this package imports none of them.
"""
