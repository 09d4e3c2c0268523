"""Real files that others published, where they lie beside the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from foveaview.io.images import read_image
from tests.io.writers import read

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "field" / "images"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the real files are not here")


def by_pillow(path: Path, mode: str = "RGB") -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert(mode)) / 255


@pytest.mark.parametrize("name", ["hopper_orientation_5.jpg", "hopper_orientation_7.webp"])
def test_8_bits_are_as_pillow_reads_them(name: str) -> None:
    assert np.abs(read(FOLDER / name) - by_pillow(FOLDER / name)).max() < 1e-6


def test_png_with_damaged_exif_is_read() -> None:
    with Image.open(FOLDER / "paris_icc_exif_xmp.png") as image:
        expected = np.asarray(image.convert("RGB")) / 255
    assert np.abs(read(FOLDER / "paris_icc_exif_xmp.png") - expected).max() < 1e-6


def test_the_same_photograph_turned_and_not_is_the_same() -> None:
    difference = np.abs(
        read(FOLDER / "hopper_orientation_5.jpg") - read(FOLDER / "hopper_orientation_7.webp")
    )
    assert difference.mean() < 0.03


@pytest.mark.parametrize("name", ["tiff_16bit_RGB.tiff", "tiff_strip_planar_16bit_RGB.tiff"])
def test_tiff_of_16_bits_is_the_same_in_planes_and_tiles(name: str) -> None:
    values = read(FOLDER / name)
    same = read(FOLDER / "tiff_16bit_RGB.tiff")
    assert np.array_equal(values, same)
    assert 0.1 < values.mean() < 0.15
    # stored as a horizontal ramp of hues over black
    assert len(np.unique(np.round(values * 65535))) > 256


def test_tiff_of_12_bits_is_read_exactly() -> None:
    values = read(FOLDER / "12bit.cropped.tif") * 4095
    assert np.abs(values - values.round()).max() < 1e-3
    content = (FOLDER / "12bit.cropped.tif").read_bytes()
    with tifffile.TiffFile(FOLDER / "12bit.cropped.tif") as file:
        offset = file.pages.first.dataoffsets[0]
    first = content[offset : offset + 3]
    assert values.flatten()[:2].round().tolist() == [
        first[0] << 4 | first[1] >> 4,
        (first[1] & 15) << 8 | first[2],
    ]


def test_tiff_of_cmyk_at_16_bits() -> None:
    name = FOLDER / "tiff_strip_cmyk_16l_jpeg.tif"
    # the same picture at 8 bits, in a JPEG
    assert np.abs(read(name) - by_pillow(FOLDER / "pil_sample_cmyk.jpg")).max() < 0.02


def test_tiff_with_premultiplied_alpha_lies_over_white() -> None:
    name = FOLDER / "tiff_16bit_RGBa.tiff"
    values = read(name)
    assert values.min() >= 0
    assert values.max() == 1
    assert read_image(name).notes == ("transparency over white",)


@pytest.mark.parametrize("name", ["l_trns.png", "rgb_trns.png"])
def test_png_with_a_key_is_white_there(name: str) -> None:
    with Image.open(FOLDER / name) as image:
        rgba = np.asarray(image.convert("RGBA")) / 255
    expected = rgba[..., :3] * rgba[..., 3:] + 1 - rgba[..., 3:]
    values = read(FOLDER / name)
    expected = expected[..., 0] if values.ndim == 2 else expected
    assert np.abs(values - expected).max() < 1e-6


def test_png_of_16_bits_with_a_key_is_white_at_the_key_alone() -> None:
    with Image.open(FOLDER / "i_trns.png") as image:
        stored, key = np.asarray(image), image.info["transparency"]
    expected = np.where(stored == key, 1, stored / 65535)
    assert np.abs(read(FOLDER / "i_trns.png") - expected).max() < 1e-6


def test_avif_is_turned_upright_with_its_alpha() -> None:
    values = read(FOLDER / "abc_color_irot_alpha_irot.avif")
    assert values.shape == (512, 256, 3)
    with Image.open(FOLDER / "abc_color_irot_alpha_irot.avif") as image:
        rgba = np.asarray(ImageOps.exif_transpose(image).convert("RGBA")) / 255
    assert np.abs(values - (rgba[..., :3] * rgba[..., 3:] + 1 - rgba[..., 3:])).max() < 1e-6


@pytest.mark.parametrize(
    ("name", "primaries"), [("colors_hdr_p3.avif", "Display P3"), ("colors_hdr_rec2020.avif", "BT.2020")]
)
def test_avif_of_hdr_says_how_it_is_shown(name: str, primaries: str) -> None:
    loaded = read_image(FOLDER / name)
    assert loaded.notes[0] == "8 of 10 bits read"
    assert f"{primaries} PQ tone-mapped from 1000 to 203 cd/m2 for white (BT.2390)" in loaded.notes
    # the same picture in two encodings: colours that sRGB does not hold apart, they agree
    other = read(FOLDER / "colors_hdr_p3.avif")
    assert np.median(np.abs(read(FOLDER / name) - other)) < 0.02


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("clap_irot_imir_non_essential.avif", "BMFF parsing failed"),
        ("sofa_grid1x5_420_dimg_repeat.avif", "Invalid image grid"),
        ("separate_planar_extra_samples.tiff", r"signed integers \(int8\)"),
        ("LICENSE.Pillow.txt", "not an image"),
    ],
)
def test_what_is_invalid_is_refused_with_the_true_reason(name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}: .*{reason}"):
        read_image(FOLDER / name)
