"""The reference pipeline: real handwritten digits, a small convolutional network, and everything Headway reports on.

prepare -> train -> evaluate, each a pure function with a thin ``main()`` that DVC runs from the repository's root.
Not a part of the installed ``headway`` package.
"""
