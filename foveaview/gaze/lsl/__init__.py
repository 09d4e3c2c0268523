"""Gaze through the Lab Streaming Layer. Needs `foveaview[lsl]`, and imports it when it is first used."""

from foveaview.gaze.lsl.arrivals import LatestValues, Transport
from foveaview.gaze.lsl.description import Channel, StreamDescription
from foveaview.gaze.lsl.inlet import LslSource
from foveaview.gaze.lsl.mapping import Mapping, merged, samples_of
from foveaview.gaze.lsl.outlet import EventOutlet, GazeOutlet
from foveaview.gaze.lsl.proposal import Proposal, propose
from foveaview.gaze.lsl.streams import list_streams

__all__ = [
    "Channel",
    "EventOutlet",
    "GazeOutlet",
    "LatestValues",
    "LslSource",
    "Mapping",
    "Proposal",
    "StreamDescription",
    "Transport",
    "list_streams",
    "merged",
    "propose",
    "samples_of",
]
