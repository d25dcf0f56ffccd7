"""What there is to see of a session: its video, or its screenshots as a film strip."""

from dataclasses import dataclass, field

from sessions.contract.schema import Attachment, Session
from sessions.files.media import Viewer, viewer_of
from sessions.replay.axis import Axis
from sessions.replay.placing import Start, start_of


@dataclass(frozen=True)
class Seen:
    """A file that can be looked at, and its place on the axis."""

    file: Attachment
    start: Start
    x: float


@dataclass(frozen=True)
class Stage:
    """One video at most, the other ones by name; pictures in the order of their times."""

    video: Seen | None = None
    other_videos: list[Seen] = field(default_factory=list)
    pictures: list[Seen] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return self.video is None and not self.pictures

    def picture_at(self, t: float) -> Seen | None:
        """The one that was taken last at this moment, else the first."""
        earlier = [seen for seen in self.pictures if seen.start.t <= t]
        return earlier[-1] if earlier else next(iter(self.pictures), None)


def stage_of(record: Session, axis: Axis, video: str = "") -> Stage:
    """`video` names the one to show; the first unless it is there."""
    videos, pictures = (
        [_seen(file, axis) for file in record.attachments if file.available and _viewer(file) is viewer]
        for viewer in (Viewer.VIDEO, Viewer.IMAGE)
    )
    pictures.sort(key=lambda seen: (seen.start.t, seen.file.name))
    shown = next((seen for seen in videos if seen.file.name == video), next(iter(videos), None))
    return Stage(shown, [seen for seen in videos if seen is not shown], pictures)


def _viewer(file: Attachment) -> Viewer:
    return viewer_of(file.kind, file.content_type)


def _seen(file: Attachment, axis: Axis) -> Seen:
    start = start_of(file, axis)
    return Seen(file, start, axis.share(start.t))
