"""A fake GitHub: REST, GraphQL, the Git Data API over a real bare repository, raw files and artifact storage."""
