"""The kinds of files: examples that the program wrote, and how each is read."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.optim.lr_scheduler import StepLR

from foveaview import (
    LossSettings,
    Metamer,
    MetamerCTF,
    MetamerSearch,
    ObjectiveSettings,
    SynthesisSettings,
    load_image,
)
from foveaview.app.core.background import CancelToken
from foveaview.app.core.image_requests import read_image
from foveaview.app.recordings.session_record import RecordingRecord
from foveaview.app.sessions.restore import restore_target
from foveaview.display.models import Display, read_display_models, save_displays, shared_displays
from foveaview.export import export_image
from foveaview.gaze.lsl import KeptStream, Mapping, StreamDescription
from foveaview.gaze.recordings import NeedsMapping, read_recording
from foveaview.gaze.validation.record import ValidationRecord
from foveaview.io.embedded_settings import read_recovered
from foveaview.live.renderer import Renderer
from foveaview.objectives.weights import read_tensors
from foveaview.sessions.file_references import found
from foveaview.sessions.model import RunRecord, Session, TargetRecord, read_session, write_session
from foveaview.sessions.presets import Preset, shared_presets, write_presets
from foveaview.settings import GazeSettings
from foveaview.synthesis.checkpoints.checkpoint import load_checkpoint, save_checkpoint
from foveaview.synthesis.memory import NotEnoughMemoryError
from fuzzing.mutations import WRONG, Mutation, set_anywhere

__all__ = ["KINDS", "Case", "Kind"]

_RECORDINGS = Path(__file__).parents[2] / "tests" / "data" / "gaze"
_FAST = LossSettings(n_pyramid_levels=2)


@dataclass(frozen=True)
class Case:
    """Files that belong together.

    Attributes:
        opened: name of the one that is opened.
        mutated: name of the one that is mutated.
        files: content of each by name.
    """

    opened: str
    mutated: str
    files: dict[str, bytes]


@dataclass(frozen=True)
class Kind:
    """A kind of files.

    Attributes:
        make: writes examples into a folder.
        read: opens one as the program does; any error but `ValueError` and `OSError` is a failure.
        more: mutations of this kind alone.
        named: True if every refusal names the file; else some are about its content.
    """

    make: Callable[[Path], Sequence[Case]]
    read: Callable[[Path], object]
    more: tuple[Mutation, ...] = ()
    named: bool = True


def _cases(folder: Path, *groups: Sequence[str]) -> list[Case]:
    """Make a case for each file of each group; the first file of a group is opened."""
    cases = []
    for group in groups:
        files = {name: (folder / name).read_bytes() for name in group}
        cases += [Case(group[0], name, files) for name in group]
    return cases


def _singly(folder: Path) -> list[Case]:
    return _cases(folder, *([path.name] for path in sorted(folder.iterdir()) if path.is_file()))


def _small(height: int = 32, width: int = 40) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


# images


def _make_images(folder: Path) -> Sequence[Case]:
    image, about = _small(), {"gaze": [0.5, 0.5], "loss_settings": LossSettings().model_dump(), "seed": 1}
    export_image(folder / "deep.png", image, about, bits=16)
    export_image(folder / "plain.png", image, about)
    export_image(folder / "float.tif", image, about, bits=32)
    pixels = (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    picture = Image.fromarray(pixels)
    profile = picture.info.get("icc_profile")
    exif = Image.Exif()
    exif[274] = 6
    picture.save(folder / "turned.jpg", exif=exif, quality=80)
    picture.convert("CMYK").save(folder / "cmyk.jpg")
    picture.convert("P").save(folder / "palette.png", transparency=3)
    picture.convert("LA").save(folder / "alpha.png")
    picture.convert("1").save(folder / "bits.tif", compression="group4")
    picture.save(folder / "lzw.tif", compression="tiff_lzw")
    picture.save(folder / "old.bmp")
    picture.save(folder / "new.webp", lossless=True, icc_profile=profile)
    picture.save(folder / "moving.gif", save_all=True, append_images=[picture.rotate(90)])
    for name in ("a.avif", "a.jp2", "a.dds", "a.ppm", "a.tga", "a.ico"):
        with suppress(OSError, KeyError, ValueError):  # not every Pillow has them all
            picture.save(folder / name)
    Image.fromarray(pixels[..., 0].astype(np.uint16) * 257).save(folder / "gray16.png")
    return _singly(folder)


def _read_image(path: Path) -> None:
    load_image(path)
    read_recovered(path)


# checkpoints


def _make_checkpoints(folder: Path) -> Sequence[Case]:
    for name, objective in (
        ("plain.pt", ObjectiveSettings()),
        ("judged.pt", ObjectiveSettings(pixel=1, adversarial=0.1, adversarial_start=0)),
    ):
        settings = SynthesisSettings(steps=6, device="cpu")
        search = MetamerSearch(_small(), (0.3, 0.4), _FAST, settings, objective_settings=objective)
        search.run(lambda step: step.iteration < 3)
        save_checkpoint(folder / name, search.checkpoint())
    return _singly(folder)


def _read_checkpoint(path: Path) -> None:
    checkpoint = load_checkpoint(path)
    settings = checkpoint.synthesis_settings.replace(device="cpu")
    MetamerSearch.resumed(checkpoint, _small(), settings).step()


class _Scaled(nn.Module):
    """A model with scales, as `MetamerCTF` needs it."""

    scales = ("fine", "coarse")

    def forward(self, image: torch.Tensor, scales: Sequence[str] | None = None) -> torch.Tensor:
        parts = {"fine": image.flatten(1), "coarse": nn.functional.avg_pool2d(image, 4).flatten(1)}
        return torch.cat([parts[scale] for scale in scales or self.scales], dim=1)


def _make_metamers(folder: Path) -> Sequence[Case]:
    image = _small(16, 16)
    for name, kind, optimizer, scheduler in (
        ("adam.pt", Metamer, None, None),
        ("scheduled.pt", Metamer, torch.optim.Adam, StepLR),
        ("lbfgs.pt", Metamer, torch.optim.LBFGS, None),
        ("coarse.pt", MetamerCTF, None, None),
    ):
        metamer = kind(image, _Scaled().eval())
        arguments = None if scheduler is None else {"step_size": 2}
        generator = torch.Generator().manual_seed(0)
        metamer.setup(None, optimizer, None, scheduler, arguments, generator=generator)
        metamer.synthesize(4, store_progress=2, progress_bar=False)
        metamer.save(folder / name)
    return _singly(folder)


def _read_metamer(path: Path) -> None:
    kind = MetamerCTF if path.name.startswith("coarse") else Metamer
    metamer = kind(_small(16, 16), _Scaled().eval())
    metamer.load(path)
    optimizer = torch.optim.LBFGS if path.name.startswith("lbfgs") else torch.optim.Adam
    metamer.setup(optimizer=optimizer, scheduler=StepLR if path.name.startswith("scheduled") else None)
    for _ in range(2):
        metamer.step()


def _make_weights(folder: Path) -> Sequence[Case]:
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    torch.save(layers.state_dict(), folder / "new.pth")
    torch.save(layers.state_dict(), folder / "old.pth", _use_new_zipfile_serialization=False)
    return _singly(folder)


def _wrong_tensors(chance: random.Random) -> list[Any]:
    shape = chance.choice(((), (0,), (1,), (3,), (1, 3, 32, 40), (1, 3, 16, 16), (2, 2)))
    dtypes = (
        torch.float32,
        torch.float64,
        torch.float16,
        torch.bfloat16,
        torch.int64,
        torch.bool,
        torch.uint8,
    )
    dtypes += (torch.complex64, torch.float8_e4m3fn)
    wide = torch.zeros(1).expand(1, 3, chance.choice((10, 3000, 100_000)), 1000)
    special = [torch.full(shape, value) for value in (float("nan"), float("inf"), -1.0, 1e38)]
    other = [torch.eye(3).to_sparse(), torch.empty(3, 3, device="meta"), nn.Parameter(torch.ones(2)), wide]
    return [torch.zeros(shape).to(chance.choice(dtypes)), torch.rand(32, 40).T, *special, *other]


def _change_content(chance: random.Random, raw: bytes, _others: Sequence[bytes]) -> bytes:
    """Change a value in a file that torch wrote, and write it again."""
    try:
        content = torch.load(io.BytesIO(raw), weights_only=True, map_location="cpu")
    except Exception:  # it was mutated before
        return raw
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        set_anywhere(chance, content, [*WRONG, *_wrong_tensors(chance)])
    if chance.randrange(60) == 0 and isinstance(content, dict):
        content["more"] = shared = [0.5] * 10
        for _ in range(12):
            content["more"] = shared = [shared] * 10
    written = io.BytesIO()
    try:
        torch.save(content, written)
    except Exception:  # a tensor was made of parts that torch cannot write
        return raw
    return written.getvalue()


# sessions and presets


def _make_sessions(folder: Path) -> Sequence[Case]:
    from foveaview.files import save_png

    pixels = (_small()[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    save_png(folder / "a.png", pixels, {})
    (folder / "gaze.csv").write_bytes((_RECORDINGS / "foveaview.csv").read_bytes())
    (folder / "whole.files").mkdir()
    read = read_image(folder / "a.png")
    target, source = read.loaded.image, read.source
    settings = SynthesisSettings(steps=6, device="cpu")
    search = MetamerSearch(target, (0.3, 0.4), _FAST, settings)
    search.run(lambda step: step.iteration < 2)
    save_checkpoint(folder / "whole.files" / "run-0123456789abcdef.pt", search.checkpoint())
    record = TargetRecord(
        image=source,
        loss_settings=_FAST,
        settings=settings,
        run=RunRecord(iteration=2, checkpoint="whole.files/run-0123456789abcdef.pt"),
        phase="paused",
        candidate="metamer",
        pins=((3, 4),),
    )
    recording = RecordingRecord(path=str(folder / "gaze.csv"), relative="gaze.csv", sha256=64 * "0")
    stream = KeptStream(StreamDescription("EyeLink", "Gaze", count=2), Mapping(unit="px"))
    extras = {
        "recording": recording.model_dump(mode="json"),
        "stream": stream.to_json(),
        "gaze": {"settings": GazeSettings().model_dump(mode="json")},
        "validation": None,
    }
    session = Session(targets=(record, TargetRecord(image=source)), current=0, extras=extras)
    write_session(folder / "whole.foveaview", session)
    write_session(folder / "empty.foveaview", Session(follow=True))
    beside = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".foveaview"
    }
    cases = []
    for name in ("whole.foveaview", "empty.foveaview"):
        cases.append(Case(name, name, {name: (folder / name).read_bytes(), **beside}))
    return cases


def _parts(extras: dict[str, Any]) -> Iterator[Callable[[], object]]:
    """Restore what a session keeps for the parts of the window."""
    for name, kept in extras.items():
        if name == "recording" and isinstance(kept, dict):
            yield lambda kept=kept: RecordingRecord(**kept)
        elif name == "stream" and isinstance(kept, dict):
            yield lambda kept=kept: KeptStream.from_json(kept)
        elif name == "gaze" and isinstance(kept, dict) and isinstance(kept.get("settings"), dict):
            yield lambda kept=kept: GazeSettings(**kept["settings"])
        elif name == "validation" and kept is not None:
            yield lambda kept=kept: ValidationRecord.from_json(kept)


def _read_session(path: Path) -> None:
    session = read_session(path).with_data_files(lambda file: found(file, path))
    for part in _parts(session.extras):
        with suppress(ValueError):  # it is said, and left out
            part()
    for number, record in enumerate(session.targets[:3]):
        restored = restore_target(path, record, number, number, CancelToken())(Renderer())
        assert restored is not None
        assert all(remark.isprintable() and len(remark) < 1000 for remark in restored.remarks), (
            restored.remarks
        )


def _make_presets(folder: Path) -> Sequence[Case]:
    preset = Preset(loss_settings=LossSettings(alpha=0.3), objective=ObjectiveSettings(pixel=2))
    write_presets(folder / "presets.json", {"near": preset, "far": Preset()})
    save_displays(folder / "displays.json", [Display("desk", (2560, 1440), 0.597, 0.6)])
    model = {"resolution": [3840, 2160], "diagonal_size_inches": 30, "viewing_distance_meters": 0.7}
    (folder / "models.json").write_text(json.dumps({"tv": model, "vr": {**model, "fov_diagonal": 100}}))
    return _singly(folder)


def _read_presets(path: Path) -> None:
    if path.name == "presets.json":
        shared_presets(path).load()
    elif path.name == "displays.json":
        shared_displays(path).load()
    else:
        read_display_models(path)


# recordings


def _recorded(*groups: Sequence[str]) -> Callable[[Path], Sequence[Case]]:
    return lambda _folder: _cases(_RECORDINGS, *groups)


_TABLES = ("foveaview.csv", "gaze_positions.csv", "neon_gaze.csv", "plain_semicolons.csv")
_SUB_1 = "sub-01_task-look_recording-eye1_physio"
_SUB_2 = "sub-02_task-look_recording-eye{}_physio"
_BIDS = (
    (f"{_SUB_1}.tsv.gz", f"{_SUB_1}.json", f"{_SUB_1}events.tsv.gz", f"{_SUB_1}events.json"),
    tuple(f"{_SUB_2.format(eye)}.{ending}" for eye in (1, 2) for ending in ("tsv.gz", "json")),
)


def _read_recording(path: Path) -> None:
    read_recording(path)


def _read_table(path: Path) -> None:
    try:
        read_recording(path)
    except NeedsMapping as question:
        mapping = question.proposal.mapping
        if mapping is None:
            raise
        read_recording(path, mapping)


def _read_weights(path: Path) -> None:
    read_tensors(path)


KINDS: dict[str, Kind] = {
    "images": Kind(_make_images, _read_image),
    "checkpoints": Kind(_make_checkpoints, _read_checkpoint, (_change_content,), named=False),
    "metamers": Kind(_make_metamers, _read_metamer, (_change_content,), named=False),
    "weights": Kind(_make_weights, _read_weights, (_change_content,)),
    "sessions": Kind(_make_sessions, _read_session),
    "presets": Kind(_make_presets, _read_presets),
    "bids": Kind(_recorded(*_BIDS), _read_recording),
    "tobii": Kind(_recorded(["tobii_pro_lab.tsv"], ["tobii_studio.tsv"]), _read_recording),
    "eyelink": Kind(_recorded(["eyelink_binocular.asc"], ["eyelink_mono.asc"]), _read_recording),
    "xdf": Kind(_recorded(["eyelink_and_markers.xdf"]), _read_recording),
    "tables": Kind(_recorded(*([name] for name in _TABLES)), _read_table),
}
"""Kinds by name."""

REFUSALS = (ValueError, OSError, NotEnoughMemoryError)
"""The errors that state why a file is not read."""
