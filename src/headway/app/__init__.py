"""One module a command joins the stations; every effect comes in as an argument."""
