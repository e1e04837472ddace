"""What a JPEG file says of its size, and whether its end is there."""

import re

# A marker that has a segment; not those within the compressed data, of restarts and of bytes 255.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])")
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers of segments that state the size
_SEGMENTLESS = {0x01, *range(0xD0, 0xD8)}  # markers without a segment
_END = b"\xff\xd9"
_SCAN = b"\xff\xda"
MAX_SCANS = 100  # a progressive file has about ten; each goes over the whole image


def look_at_jpeg(content: bytes) -> tuple[int, bool]:
    """Return how many pixels the file states, 0 if it does not, and whether its end is there.

    One with more than `MAX_SCANS` counts as one without an end: to decode it could take hours.

    A thumbnail in the file has an end of its own, before the frame that states the size, and so
    has what may follow the image.
    """
    frame = _frame(content)
    if content.count(_SCAN) > MAX_SCANS:
        return 0, False
    if frame is None:
        return 0, _has_end(content, 2)
    height = content[frame + 5] << 8 | content[frame + 6]
    width = content[frame + 7] << 8 | content[frame + 8]
    return height * width, content.endswith(_END) or _has_end(content, frame)


def _frame(content: bytes) -> int | None:
    """Return where the segment begins that states the size: past all those before it.

    Like the decoder, it passes over bytes that are no marker.
    """
    start, last = 2, len(content) - 9
    while start <= last:
        start = content.find(b"\xff", start, last + 1)
        if start < 0:
            return None
        marker = content[start + 1]
        if marker in _FRAMES:
            return start
        if marker in (0x00, 0xFF):
            start += 1
        elif marker in _SEGMENTLESS:
            start += 2
        else:
            start += 2 + (content[start + 2] << 8 | content[start + 3])
    return None


def _has_end(content: bytes, start: int) -> bool:
    """Walk the segments from `start` on to the end of the image."""
    while marker := _MARKER.search(content, start):
        if marker[0] == _END:
            return True
        start = marker.end() + max(2, int.from_bytes(content[marker.end() : marker.end() + 2]))
    return False
