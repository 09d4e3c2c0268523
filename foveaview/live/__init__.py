"""The live loop: the newest job in, the newest frame out. Qt-free."""

from foveaview.live.loop import Done, LiveLoop, Reply, Request
from foveaview.live.loss_breakdowns import Dissected
from foveaview.live.mailbox import Latest
from foveaview.live.messages import (
    Candidate,
    Dissections,
    Failure,
    Frame,
    Heatmap,
    Idle,
    Job,
    Key,
    MapImage,
    Picture,
    Quality,
    RunStatus,
)

__all__ = [
    "Candidate",
    "Dissected",
    "Dissections",
    "Done",
    "Failure",
    "Frame",
    "Heatmap",
    "Idle",
    "Job",
    "Key",
    "Latest",
    "LiveLoop",
    "MapImage",
    "Picture",
    "Quality",
    "Reply",
    "Request",
    "RunStatus",
]
