"""DVC's projects, files and cache. DVC is imported here, in ``verify`` and in ``remotes`` alone."""
