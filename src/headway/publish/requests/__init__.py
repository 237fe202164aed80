"""A change of some files, from a commit on a branch to the people who approved it: a request on each of the forges."""
