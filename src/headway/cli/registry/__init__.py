"""The commands of the model registry: stages, promotion, rollback, the events that ask for them, and deployments."""
