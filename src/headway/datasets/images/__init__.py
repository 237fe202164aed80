"""What changed in a tracked folder of pictures, from the changed files alone.

    files       a picture on one side, and where it belongs
    changes     what was added, changed, removed and moved, by content hash; what has to be opened
    reading     a picture, opened under caps: its size, its format, and 32 x 32 levels of grey
    hashing     the perceptual hash of those
    neighbours  which of many hashes differ in a few bits only
    copies      which pictures are identical or alike, and what that leaks
    sheet_layout  what the contact sheet shows
    describe    all of it as one value, with the counts of classes, formats and sizes

Start at ``describe``. Nothing here knows DVC; whoever calls hands over how to open a file.
"""
