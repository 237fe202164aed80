"""``headway init``: looks at a repository, and plans the settings and the CI workflow that it lacks."""
