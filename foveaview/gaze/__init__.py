"""Gaze of the user: sources of timestamped samples, and their processing. Imports no Qt."""

from foveaview.gaze.recording import Event, Recording
from foveaview.gaze.sample import Sample, Unit, now
from foveaview.gaze.screen_placement import Placement
from foveaview.gaze.source import Buffer, Source, SourceStatus

__all__ = ["Buffer", "Event", "Placement", "Recording", "Sample", "Source", "SourceStatus", "Unit", "now"]
