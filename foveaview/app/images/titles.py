"""The titles above the images."""

from __future__ import annotations

from foveaview.app.core.state import Document, Phase
from foveaview.gaze.visual_angle import Angles
from foveaview.perception.analysis.loss_breakdown import described
from foveaview.settings.view import ViewSettings

__all__ = ["LAYERS", "layer_title", "target_title", "target_titles"]

LAYERS = {
    "target": "Target",
    "candidate": "Candidate",
    "heatmap": "Heatmap",
    "difference": "Difference",
    "absolute": "|Difference|",
    "pooling": "Pooling size",
}


def target_title(document: Document, short: bool = False) -> str:
    """Name, size and gaze of the target; if short, without the size."""
    (x, y), (height, width) = document.gaze, document.size
    size = "" if short else f", {width} x {height} px"
    return f"{document.path.name}{size}, gaze {x:.3f} {y:.3f}"


def target_titles(document: Document) -> list[str]:
    """Titles of the target, the longest first: with how its file was read, without, and short."""
    titles = [target_title(document), target_title(document, short=True)]
    return [f"{titles[0]}, {document.label}", *titles] if document.label else titles


def _heatmap_name(document: Document) -> str:
    """Says what it is of, if that is not the whole metameric loss."""
    if document.heatmap_parts is not None:
        return f"Heatmap of {described(document.heatmap_parts)}"
    return "Heatmap" if document.heatmap_of == "metameric" else f"Heatmap of {document.heatmap_of}"


def _metamer_name(document: Document, short: bool) -> str:
    """Name of an optimised metamer, with its iteration if the user scrubbed back."""
    picture, status = document.picture, document.status
    iteration = document.scrub if picture is None else picture.iteration
    if status is None:
        return "Optimised metamer"
    if iteration is None:
        stepped = picture is not None and picture.step is not None
        return f"Optimised metamer, step {picture.step}" if picture and stepped else "Optimised metamer"
    if short:
        return f"Iteration {iteration} of {status.iteration}"
    return f"Optimised metamer at iteration {iteration} (of {status.iteration})"


def _quality(document: Document, short: bool) -> str:
    """The quality, unless it is full and there is little room."""
    return "" if short and document.quality == "full" else f", {document.quality}"


def candidate_title(document: Document, changes: list[str], short: bool = False) -> str:
    """Name of the candidate, and its loss or why it is out of date."""
    if document.candidate == "file":
        name = f"Candidate: {document.file_name}"
    elif document.candidate == "ventral":
        name = "Instant metamer" + _bank_name(document)
    else:
        name = _metamer_name(document, short)
    if document.picture is None:
        waiting = document.candidate != "metamer" or document.phase is Phase.RUNNING
        return f"{name}: " + ("computing" if waiting else "press Start")
    if changes:
        return f"{name}: stale, {', '.join(changes)}"
    title = name + _quality(document, short)
    loss = document.shown_loss
    if loss is None:
        return title
    name = "loss" if document.heatmap_of == "metameric" else document.heatmap_of
    if document.heatmap_parts is not None:
        name = f"loss of {described(document.heatmap_parts)}"
    return f"{title}, {name} {loss:.4g}"


def _bank_name(document: Document) -> str:
    """Distance of the gaze from that of a precomputed metamer."""
    picture = document.picture
    if picture is None or not picture.banked or picture.key is None:
        return ""
    angles = Angles.of(document.size, document.loss_settings)
    return f" precomputed, {float(angles.between(*picture.key.gaze, *document.gaze)):.1f}° off"


def layer_title(document: Document, view: ViewSettings, changes: list[str], short: bool = False) -> str:
    """Title of the second image; `short` for less room."""
    if view.layer == "target":
        return target_title(document, short)
    if view.layer == "candidate":
        return candidate_title(document, changes, short)
    name = _heatmap_name(document) if view.layer == "heatmap" else LAYERS[view.layer]
    if document.map is None or document.map.layer != view.layer:
        return f"{name}: computing" if document.picture is not None else f"{name}: no candidate yet"
    if changes:
        return f"{name}: stale, {', '.join(changes)}"
    if view.layer == "heatmap" and document.quality == "preview":
        return f"{name}{_quality(document, short)}"  # at another size the loss is another number
    values = document.map.values
    text = f"{name}{_quality(document, short)}, mean {float(values.mean()):.4g}"
    return text if short else f"{text}, largest {float(abs(values).max()):.4g}"
