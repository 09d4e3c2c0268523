"""Gaze through the Lab Streaming Layer. Needs `foveaview[lsl]`, which is imported at first use."""

from foveaview.gaze.lsl.channel_detection import names_eyes
from foveaview.gaze.lsl.discovery import Listing, StreamWatch
from foveaview.gaze.lsl.mapping import Mapping, merged, samples_of
from foveaview.gaze.lsl.mapping_check import judge, on_screen
from foveaview.gaze.lsl.proposal import StreamProposal, propose
from foveaview.gaze.lsl.publisher import Publisher
from foveaview.gaze.lsl.saved_streams import KeptStream, known_mapping, read_kept, remembered, written_kept
from foveaview.gaze.lsl.stream_info import Channel, StreamDescription, shortened
from foveaview.gaze.lsl.stream_lookup import list_streams
from foveaview.gaze.lsl.stream_outlets import EventOutlet, GazeOutlet
from foveaview.gaze.lsl.stream_source import LslSource
from foveaview.gaze.lsl.transport_stats import LatestValues, Transport

__all__ = [
    "Channel",
    "EventOutlet",
    "GazeOutlet",
    "KeptStream",
    "LatestValues",
    "Listing",
    "LslSource",
    "Mapping",
    "Publisher",
    "StreamDescription",
    "StreamProposal",
    "StreamWatch",
    "Transport",
    "judge",
    "known_mapping",
    "list_streams",
    "merged",
    "names_eyes",
    "on_screen",
    "propose",
    "read_kept",
    "remembered",
    "samples_of",
    "shortened",
    "written_kept",
]
