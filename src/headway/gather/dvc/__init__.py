"""DVC's projects, cache and remotes. With ``remotes``, the only place that imports dvc."""
