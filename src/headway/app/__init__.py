"""One module per command joins the other packages; every effect comes in as an argument."""
