"""What stands on the stage of a session's page: its video, else its recording, and its screenshots."""

from typing import Any

from sessions.contract.choices import AttachmentKind
from sessions.contract.schema import Attachment as SessionFile
from sessions.contract.schema import Session
from sessions.files.media import Viewer
from sessions.models import Attachment
from sessions.replay.axis import Axis, Scope
from sessions.replay.placing import ASSUMED, Start
from sessions.replay.stage import stage_of
from sessions.viewers.recordings import NotRecording
from sessions.viewers.recordings.opened import first_moment, recorded_as
from sessions.views.recordings import RecordingStage, recording_stage

RECORDED = (Viewer.TERMINAL, Viewer.WEB_RECORDING)
# The page waits for the first look at a recording, which a larger one takes too long for: that opens in its viewer.
LARGEST_ON_STAGE = 8 * 1024 * 1024


def stage_context(record: Session, axis: Axis, scope: Scope, video: str) -> dict[str, Any]:
    """`video` names the one to show; the first unless it is there."""
    stage = stage_of(record, axis, video)
    recording = None if stage.video else _recording(record, axis, scope)
    return {
        "stage": stage,
        "recording": recording and recording[0],
        "recording_start": recording and recording[1],
        "large_recordings": _large_recordings(record),
        "is_bare": stage.is_empty and recording is None,
    }


def _large_recordings(record: Session) -> list[SessionFile]:
    """Those that open in their viewer alone."""
    return [
        file
        for file in record.attachments
        if AttachmentKind(file.kind) is AttachmentKind.RECORDING and file.available and file.size > LARGEST_ON_STAGE
    ]


def _recording(record: Session, axis: Axis, scope: Scope) -> tuple[RecordingStage, Start] | None:
    """The first recording that can be shown, at the moment, and where it begins."""
    found = Attachment.objects.filter(
        session_id=record.id, kind=AttachmentKind.RECORDING, available=True, size__lte=LARGEST_ON_STAGE
    )
    for file in found.order_by("name"):
        try:
            if recorded_as(file) in RECORDED:
                began_at = file.starts_at or first_moment(file)
                start = Start(0.0, ASSUMED) if began_at is None else Start(axis.t(began_at))
                t = None if scope.t is None else max(scope.t - start.t, 0.0)
                return recording_stage(file, t), start
        except (NotRecording, FileNotFoundError):
            continue
    return None
