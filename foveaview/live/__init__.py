"""The live loop: the newest job in, the newest frame out. Qt-free."""

from foveaview.live.failure import Failure
from foveaview.live.frames import Dissections, Frame, Heatmap, MapImage, Picture, RunStatus
from foveaview.live.jobs import Candidate, Idle, Job, Key, Quality
from foveaview.live.loop import Done, LiveLoop, Reply, Request
from foveaview.live.loss_breakdowns import LossBreakdown
from foveaview.live.mailbox import Latest

__all__ = [
    "Candidate",
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
    "LossBreakdown",
    "MapImage",
    "Picture",
    "Quality",
    "Reply",
    "Request",
    "RunStatus",
]
