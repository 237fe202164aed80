"""The commands of the registry: stages, promote, rollback."""
