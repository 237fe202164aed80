"""A fake Bitbucket Cloud: comments, Code Insights reports, build statuses, downloads, and the Pipelines proxy."""
