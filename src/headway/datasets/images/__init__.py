"""What changed in a tracked folder of images, from the changed files alone. Start at ``describe``.

Nothing here imports DVC; the caller passes how to open a file.
"""
