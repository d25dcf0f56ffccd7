"""Videos with a clock burnt into their frames: each frame shows its milliseconds as a row of black and white cells."""

import struct
from base64 import b64decode
from collections.abc import Sequence

from playwright.sync_api import Locator, Page

BITS = 24
CELL = 16
WIDTH, HEIGHT = BITS * CELL, 32

# Still pictures in WebP are single frames of VP8, which is what a video in WebM is made of.
DRAW = """([moments, bits, cell, height]) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bits * cell, height];
    const pen = canvas.getContext("2d", { alpha: false });
    return moments.map((moment) => {
        for (let bit = 0; bit < bits; bit++) {
            pen.fillStyle = (moment >> bit) & 1 ? "white" : "black";
            pen.fillRect(bit * cell, 0, cell, height);
        }
        return canvas.toDataURL("image/webp", 0.9).split(",")[1];
    });
}"""
READ = """(video, [bits, cell]) => {
    if (video.seeking || video.readyState < 2) return null;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const pen = canvas.getContext("2d");
    pen.drawImage(video, 0, 0);
    let moment = 0;
    for (let bit = 0; bit < bits; bit++) {
        if (pen.getImageData((bit + 0.5) * cell, canvas.height / 2, 1, 1).data[0] > 127) moment += 2 ** bit;
    }
    return moment;
}"""


def clock_video(page: Page, moments: Sequence[int], length: int) -> bytes:
    """A video of `length` milliseconds with a frame at each of the moments, in milliseconds."""
    pictures = page.evaluate(DRAW, [list(moments), BITS, CELL, HEIGHT])
    frames = [_frame(b64decode(picture)) for picture in pictures]
    return webm(list(zip(moments, frames, strict=True)), length)


def shown_clock(video: Locator) -> int | None:
    """The milliseconds of the frame that a video shows; None while it looks for one."""
    found = video.evaluate(READ, [BITS, CELL])
    return None if found is None else int(found)


def webm(frames: Sequence[tuple[int, bytes]], length: int) -> bytes:
    """Matroska's boxes: what the video is, where its frames are, and the frames, each in a cluster of its own."""
    info = _box("1549a966", _number("2ad7b1", 1_000_000) + _box("4489", struct.pack(">d", length)))
    size = _number("b0", WIDTH) + _number("ba", HEIGHT)
    track = _number("d7", 1) + _number("73c5", 1) + _number("83", 1) + _box("86", b"V_VP8") + _box("e0", size)
    tracks = _box("1654ae6b", _box("ae", track))
    clusters = [_cluster(moment, frame) for moment, frame in frames]
    # The places depend on how long the list of places is, which does not depend on the places.
    place = len(info) + len(tracks) + len(_cues([(moment, 0) for moment, _ in frames]))
    cues = []
    for (moment, _), cluster in zip(frames, clusters, strict=True):
        cues.append((moment, place))
        place += len(cluster)
    head = _box("4282", b"webm") + _number("4287", 2) + _number("4285", 2)
    return _box("1a45dfa3", head) + _box("18538067", info + tracks + _cues(cues) + b"".join(clusters))


def _cluster(moment: int, frame: bytes) -> bytes:
    # Track 1, at the cluster's own time, a key frame.
    return _box("1f43b675", _number("e7", moment) + _box("a3", b"\x81\x00\x00\x80" + frame))


def _cues(cues: Sequence[tuple[int, int]]) -> bytes:
    points = (
        _box("bb", _number("b3", moment) + _box("b7", _number("f7", 1) + _number("f1", place)))
        for moment, place in cues
    )
    return _box("1c53bb6b", b"".join(points))


def _number(name: str, value: int) -> bytes:
    return _box(name, value.to_bytes(8, "big"))


def _box(name: str, content: bytes) -> bytes:
    return bytes.fromhex(name) + b"\x01" + len(content).to_bytes(7, "big") + content


def _frame(picture: bytes) -> bytes:
    """The frame of a picture in WebP, which is made of chunks, each with a name and a size."""
    place = 12
    while (name := picture[place : place + 4]) != b"VP8 ":
        assert name, "no frame of VP8"
        place += 8 + int.from_bytes(picture[place + 4 : place + 8], "little")
    return picture[place + 8 : place + 8 + int.from_bytes(picture[place + 4 : place + 8], "little")]
