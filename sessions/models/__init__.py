"""What is stored. The small tables first; sessions, and what lives beside them, last."""

from sessions.models.attachment import Attachment
from sessions.models.catalogue import App, Device, Facet, OperatingSystem
from sessions.models.command_run import CommandRun
from sessions.models.event import Event
from sessions.models.file_index import FileIndex
from sessions.models.limit import RateLimit
from sessions.models.mail import OutgoingMail
from sessions.models.organisation import Organisation
from sessions.models.removed_file import RemovedFile
from sessions.models.saved_view import SavedView
from sessions.models.session import Session
from sessions.models.token import ApiToken
from sessions.models.usage import ChangedDay, CountedDay, DayCount
from sessions.models.user import User

__all__ = [
    "ApiToken",
    "App",
    "Attachment",
    "ChangedDay",
    "CommandRun",
    "CountedDay",
    "DayCount",
    "Device",
    "Event",
    "Facet",
    "FileIndex",
    "OperatingSystem",
    "Organisation",
    "OutgoingMail",
    "RateLimit",
    "RemovedFile",
    "SavedView",
    "Session",
    "User",
]
