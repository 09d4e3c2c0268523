"""Write exports with foveaview (write FOLDER), or read them with other programs (read FOLDER)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

SIZE = (37, 53)
FRAMES = 6


def image(channels: int) -> Any:
    """Make values in [0, 1], (C, H, W), the same for writer and reader."""
    return np.random.default_rng(channels).random((channels, *SIZE)).astype(np.float32)


def frame(number: int) -> Any:
    """Make a smooth colour frame, which a video changes little."""
    y, x = np.mgrid[0:64, 0:96]
    return np.stack([2 * x, 3 * y, np.full_like(x, 30 * number)], axis=-1).astype(np.uint8)


def write(folder: Path) -> None:
    import torch

    from foveaview.export import export_animation, export_figure, export_heatmap, export_image
    from foveaview.settings import LossSettings

    about = {"made": "by check_exports"}
    for channels in (1, 3):
        values = torch.from_numpy(image(channels))[None]
        for bits, ending in ((8, "png"), (16, "png"), (32, "tif")):
            export_image(folder / f"image_{channels}_{bits}.{ending}", values, about, bits=bits)  # type: ignore[arg-type]
    heatmap = torch.from_numpy(image(1))[None]
    export_heatmap(folder / "heatmap.png", heatmap, about)
    export_figure(folder / "figure.png", heatmap, about, (0.5, 0.5), LossSettings())
    frames = [frame(number) for number in range(FRAMES)]
    for name in ("animation.mp4", "animation.gif"):
        export_animation(folder / name, frames, 10, about)


def _output(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


def _check(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise SystemExit(f"{what}: found {found!r}, wanted {wanted!r}")
    print(f"{what}: {found}")


def _check_tags(folder: Path) -> None:
    names = ["ProfileDescription", "SRGBRendering", "BitDepth", "BitsPerSample", "Warning", "Error"]
    text = _output("exiftool", "-json", *(f"-{name}" for name in names), folder)
    for tags in json.loads(text):
        name = Path(tags["SourceFile"]).name
        _check(f"{name}, exiftool: warnings", tags.get("Warning", tags.get("Error")), None)
        if name.endswith(".png"):
            _check(f"{name}, exiftool: sRGB", tags.get("SRGBRendering"), "Perceptual")
            _check(f"{name}, exiftool: bits", tags["BitDepth"], 16 if "_16" in name else 8)
        if name.endswith(".tif"):
            profile = "sRGB" if "_3_" in name else "Gray, sRGB curve"
            _check(f"{name}, exiftool: profile", tags.get("ProfileDescription"), profile)
    print(_output("pngcheck", *sorted(folder.glob("*.png"))).strip().splitlines()[-1])
    keys = ("color_range", "color_space", "color_transfer", "color_primaries")
    shown = _output(
        "ffprobe",
        "-v",
        "error",
        "-show_entries",
        f"stream={','.join(keys)}",
        "-of",
        "json",
        folder / "animation.mp4",
    )
    stream = json.loads(shown)["streams"][0]
    _check("animation.mp4, ffprobe", [stream.get(key) for key in keys], ["tv", "bt709", "bt709", "bt709"])


def _check_values(folder: Path) -> None:
    import cv2

    for channels in (1, 3):
        wanted = image(channels).transpose(1, 2, 0)[..., ::-1].squeeze().astype(np.float64)
        for bits, ending in ((8, "png"), (16, "png"), (32, "tif")):
            name = f"image_{channels}_{bits}.{ending}"
            found = cv2.imread(str(folder / name), cv2.IMREAD_UNCHANGED)
            top = {8: 255, 16: 65535, 32: 1}[bits]
            rounded = wanted if bits == 32 else np.round(wanted * top)
            _check(f"{name}, OpenCV: largest difference", float(np.abs(found - rounded).max()), 0.0)
    video = cv2.VideoCapture(str(folder / "animation.mp4"))
    for number in range(FRAMES):
        there, found = video.read()
        difference = np.abs(found[..., ::-1].astype(int) - frame(number)).mean() if there else 255
        _check(f"animation.mp4, OpenCV: frame {number} within 4 levels", bool(difference < 4), True)


def read(folder: Path) -> None:
    _check_tags(folder)
    _check_values(folder)
    print("every export is valid, tagged, and of the right values")


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](Path(sys.argv[2]))
