"""Settings: frozen values that panel, command line, checkpoint and library share.

Each default, limit, unit and description is written once, in the module of its group.
"""

from foveaview.settings.gaze import GazeSettings
from foveaview.settings.keeping import KeepSettings
from foveaview.settings.loss import LossSettings
from foveaview.settings.objective import ObjectiveSettings, weight_names
from foveaview.settings.rate import RateSettings
from foveaview.settings.recording import FixationSettings, ReadingSettings, ReplaySettings
from foveaview.settings.setting import Settings, field_extra
from foveaview.settings.synthesis import SynthesisSettings, saved_synthesis_settings

__all__ = [
    "FixationSettings",
    "GazeSettings",
    "KeepSettings",
    "LossSettings",
    "ObjectiveSettings",
    "RateSettings",
    "ReadingSettings",
    "ReplaySettings",
    "Settings",
    "SynthesisSettings",
    "field_extra",
    "saved_synthesis_settings",
    "weight_names",
]
