"""Gaze through the Lab Streaming Layer. Needs `foveaview[lsl]`, and imports it when it is first used."""

from foveaview.gaze.lsl.arrivals import LatestValues, Transport
from foveaview.gaze.lsl.description import Channel, StreamDescription, shortened
from foveaview.gaze.lsl.inlet import LslSource
from foveaview.gaze.lsl.judgement import judge, on_screen
from foveaview.gaze.lsl.kept import KeptStream, known_mapping, read_kept, remembered, written_kept
from foveaview.gaze.lsl.labels import names_eyes
from foveaview.gaze.lsl.mapping import Mapping, merged, samples_of
from foveaview.gaze.lsl.outlet import EventOutlet, GazeOutlet
from foveaview.gaze.lsl.proposal import Proposal, propose
from foveaview.gaze.lsl.publisher import Publisher
from foveaview.gaze.lsl.streams import list_streams
from foveaview.gaze.lsl.watch import Listing, StreamWatch

__all__ = [
    "Channel",
    "EventOutlet",
    "GazeOutlet",
    "KeptStream",
    "LatestValues",
    "Listing",
    "LslSource",
    "Mapping",
    "Proposal",
    "Publisher",
    "StreamDescription",
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
