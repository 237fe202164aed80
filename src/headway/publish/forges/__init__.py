"""GitHub, GitLab and Bitbucket Cloud: small siblings behind one Protocol."""
