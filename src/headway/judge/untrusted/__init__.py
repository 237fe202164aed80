"""Judge a report whose numbers a stranger computed."""
