"""The reference pipeline: real handwritten digits, a small neural network, and all that Headway reports on.

The stages are prepare -> train -> evaluate -> draw. Each is a pure function with a thin ``main()``, which DVC runs in
the root folder of the repository. The pipeline is not part of the installed ``headway`` package.
"""
