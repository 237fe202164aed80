"""The command line: arguments to calls of :mod:`headway.app`, results to stdout, progress and errors to stderr."""
