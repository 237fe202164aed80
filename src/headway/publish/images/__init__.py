"""Where images go so that a comment can show them: small siblings that satisfy ImageStore."""
