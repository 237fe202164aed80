"""A fake Bitbucket Cloud: comments, Code Insights reports, build statuses and downloads."""
