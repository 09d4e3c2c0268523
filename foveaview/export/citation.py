"""Description of an image's making in one line, for citation."""

from __future__ import annotations

from foveaview.perception.analysis.geometry_overlays import pixels_per_degree
from foveaview.provenance import versions
from foveaview.settings import LossSettings, ObjectiveSettings, SynthesisSettings

__all__ = ["citation"]


def _model(loss: LossSettings) -> str:
    fovea = f"foveal L2 with weight {loss.fovea_weight:g}" if loss.use_l2_foveal_loss else "no foveal L2"
    more = {"radial weight": loss.use_radial_weight, "full-resolution lowpass": loss.use_fullres_l0}
    named = [name for name, wanted in more.items() if wanted]
    return ", ".join([f"alpha {loss.alpha:g}", f"{loss.mode} pooling", fovea, *named])


def _pyramid(loss: LossSettings) -> str:
    orientations = f"{loss.n_orientations} orientation{'s' if loss.n_orientations > 1 else ''}"
    return f"steerable pyramid of {loss.n_pyramid_levels} levels, {orientations}, {loss.filter_type} filters"


def citation(
    gaze: tuple[float, float],
    size: tuple[int, int],
    loss_settings: LossSettings,
    synthesis_settings: SynthesisSettings,
    objective_settings: ObjectiveSettings | None = None,
) -> str:
    """One line for a paper's methods: versions, geometry, model, pyramid, objective and seed.

    Args:
        gaze: x and y in image coordinates.
        size: height and width of the image in pixels.
        loss_settings: geometry, model and pyramid.
        synthesis_settings: only their seed is used.
        objective_settings: named unless they are the metameric loss alone.

    >>> citation((0.5, 0.5), (512, 512), LossSettings(), SynthesisSettings()).split("; ")[1]
    'image 512 x 512 px, 0.2 m wide at 0.7 m (31.3 px/degree at the centre), gaze (0.5, 0.5)'
    """
    loss, packages = loss_settings, versions()
    ppd = pixels_per_degree((0.5, 0.5), size, loss)
    parts = [
        f"foveaview {packages['foveaview']}, torch {packages['torch']}",
        f"image {size[1]} x {size[0]} px, {loss.real_image_width:g} m wide at "
        f"{loss.real_viewing_distance:g} m ({ppd:.1f} px/degree at the centre), "
        f"gaze ({gaze[0]:.4g}, {gaze[1]:.4g})",
        _model(loss),
        _pyramid(loss),
    ]
    weights = {} if objective_settings is None else objective_settings.weights
    if weights and weights != ObjectiveSettings().weights:
        parts.append(
            "objective " + ", ".join(f"{name} {weight:g}" for name, weight in weights.items() if weight)
        )
    return "; ".join([*parts, f"seed {synthesis_settings.seed}"])
