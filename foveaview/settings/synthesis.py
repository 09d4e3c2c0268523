"""Settings of the search for a metamer."""

from __future__ import annotations

from typing import Any, Literal

from foveaview.settings.setting import Settings, setting

__all__ = ["SynthesisSettings", "saved_synthesis_settings"]

_STEPS = {"lbfgs": 150, "adam": 500}
_STEPS_FROM_NOISE = {"lbfgs": 200, "adam": 500}


class SynthesisSettings(Settings):
    """Settings of the search for a metamer.

    >>> SynthesisSettings(start="noise", seed=3).optimizer
    'lbfgs'
    """

    start: Literal["ventral", "noise", "target+noise", "image"] = setting(
        "ventral",
        "Start",
        "Image that the search starts from: the ventral metamer, uniform noise, the target plus noise, "
        "or an image file.",
        group="Run",
    )
    ventral_color: Literal["coupled", "independent"] = setting(
        "coupled",
        "Colours",
        "Noise of the ventral metamer: channels that vary together as those of the target do, or each by "
        "itself.",
        group="Run",
    )
    optimizer: Literal["lbfgs", "adam"] = setting(
        "lbfgs",
        "Optimizer",
        "L-BFGS with a line search, or Adam; an adversarial term always takes Adam, because its loss changes "
        "from step to step.",
        group="Run",
    )
    steps: int | None = setting(
        None,
        "Steps",
        "Evaluations of the loss and its gradient in all. Automatic: 150, or 200 from noise; 500 with Adam.",
        group="Run",
        step=50,
        ge=0,
        le=10_000_000,
    )
    learning_rate: float = setting(
        0.01, "Learning rate", "Step size of Adam; L-BFGS has none.", group="Run", step=0.001, gt=0, le=10
    )
    seed: int = setting(
        0, "Seed", "Seed of the random start and of the ventral metamer.", group="Run", ge=0, le=2**31 - 1
    )
    noise_sd: float = setting(
        0.1,
        "Start noise",
        "Standard deviation of the noise of start target+noise.",
        group="Run",
        step=0.01,
        ge=0,
        le=1,
    )
    stop_fraction: float = setting(
        0.01,
        "Stop below",
        "Converged when the loss falls by less than this fraction over the stop window; 0 never stops.",
        group="Run",
        step=0.001,
        ge=0,
        lt=1,
    )
    stop_window: int = setting(
        50,
        "Stop window",
        "Steps over which the fall of the loss is taken.",
        unit="steps",
        group="Run",
        ge=1,
        le=1_000_000,
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = setting(
        "auto", "Device", "Device that computes; auto takes a GPU if there is one.", group="Run"
    )

    def resolved(self, stateful: bool = False) -> SynthesisSettings:
        """Return settings with the optimizer and the number of steps decided.

        Args:
            stateful: True if the objective changes from step to step, which a line search cannot follow.

        >>> SynthesisSettings().resolved().steps, SynthesisSettings().resolved(stateful=True).optimizer
        (150, 'adam')
        """
        optimizer = "adam" if stateful else self.optimizer
        steps = self.steps
        if steps is None:
            steps = (_STEPS_FROM_NOISE if self.start == "noise" else _STEPS)[optimizer]
        return self.replace(optimizer=optimizer, steps=steps)


def saved_synthesis_settings(values: Any) -> Any:
    """Return the values of saved settings, with those that older files omit.

    Files of version 0.1 omit both: every search used Adam, and every channel had its own noise.

    >>> SynthesisSettings(**saved_synthesis_settings({"steps": 10})).optimizer
    'adam'
    """
    if isinstance(values, dict):
        return {"optimizer": "adam", "ventral_color": "independent", **values}
    return values
