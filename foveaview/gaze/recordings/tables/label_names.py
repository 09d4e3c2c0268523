"""Names of the columns that say which recording a row of a table belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["label_columns", "parts_columns", "session_columns"]

_SESSIONS = {
    "recordingsessionlabel",
    "recordingname",
    "recordingid",
    "recording",
    "sessionlabel",
    "sessionname",
    "sessionid",
    "session",
    "participantname",
    "participantid",
    "participant",
    "subjectname",
    "subjectid",
    "subject",
    "sub",
    "observer",
    "user",
    "userid",
}
"""Columns of the participant or the session; different values are always different recordings."""

_PARTS = {
    "mediaid",
    "medianame",
    "stimulus",
    "stimulusname",
    "stimulusid",
    "trial",
    "trialid",
    "trialindex",
    "trialnumber",
    "trialno",
    "block",
    "blockid",
    "run",
    "item",
    "itemid",
    "image",
    "imageid",
    "imagename",
    "bookname",
    "textid",
    "screenid",
    "pointid",
    "eye",
}
"""Columns of the part of a session; different values are one recording if the clock continues."""

_MOST = 3


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def session_columns(names: Sequence[str]) -> list[str]:
    """Select the columns that name a session or a participant.

    >>> session_columns(["RECORDING_SESSION_LABEL", "TRIAL_INDEX", "t"])
    ['RECORDING_SESSION_LABEL']
    """
    return [name for name in dict.fromkeys(names) if _plain(name) in _SESSIONS][:_MOST]


def parts_columns(names: Sequence[str]) -> list[str]:
    """Select the columns that name a part of a session, such as a trial.

    >>> parts_columns(["RECORDING_SESSION_LABEL", "TRIAL_INDEX", "t"])
    ['TRIAL_INDEX']
    """
    return [name for name in dict.fromkeys(names) if _plain(name) in _PARTS][:_MOST]


def label_columns(names: Sequence[str]) -> list[str]:
    """Select all columns that may say which recording a row belongs to."""
    return [*session_columns(names), *parts_columns(names)]
