"""What changed in a tracked folder of pictures, from the changed files alone.

    files         a picture, where it belongs, and what was added, changed, removed and moved, by content hash
    reading       a picture, opened under caps: its size, its format, and 32 x 32 levels of grey
    hashing       the perceptual hash of those
    neighbours    which of many hashes differ in a few bits only
    copies        which pictures are identical or alike, and what that leaks
    sheet_layout  what the contact sheet shows
    describe      all of it as one value, with the counts of classes, formats and sizes

Start at ``describe``. Nothing here knows DVC; whoever calls hands over how to open a file.
"""
