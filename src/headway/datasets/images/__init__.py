"""What changed in a tracked folder of pictures, from the changed files alone. Start at ``describe``.

Nothing here knows DVC; whoever calls hands over how to open a file.
"""
