"""JPEG, WebP, AVIF, GIF, PSD, JPEG 2000, JPEG XL and DPX: colours, turns, and damage beside the pixels."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, features

from foveaview.files import load_image
from foveaview.io.decoders.boxes import boxes, read_avif_header
from foveaview.io.decoders.jpeg_xl_header import read_jpeg_xl_header
from foveaview.io.images import read_image
from tests.io.profiles import p3_as_srgb, rgb_profile, srgb_encoded
from tests.io.writers import exif, read, turned, written_by_oiio

oiio = pytest.importorskip("OpenImageIO")
needs_avif = pytest.mark.skipif("avif" not in features.get_supported(), reason="Pillow without AVIF")

RNG = np.random.default_rng(0)
SMOOTH = (np.mgrid[0:16, 0:24].sum(axis=0)[..., None] * np.array([6, 4, 2])).astype(np.uint8)
FLAT = np.full((16, 24, 3), (200, 60, 20), np.uint8)
HALVES = np.concatenate([np.full((16, 12, 3), 255, np.uint8), np.zeros((16, 12, 3), np.uint8)], axis=1)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.avif"])
def test_exif_turns_upright(tmp_path: Path, name: str, orientation: int) -> None:
    if name == "a.avif" and "avif" not in features.get_supported():
        pytest.skip("Pillow without AVIF")
    content = b"Exif\0\0" + exif(orientation)
    Image.fromarray(turned(SMOOTH, orientation)).save(tmp_path / name, quality=95, exif=content)
    assert np.abs(read(tmp_path / name) * 255 - SMOOTH).mean() < 4


@pytest.mark.parametrize(
    "damage", [b"Exif\0\0damaged", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0" + exif(6)[:-8]]
)
@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_damaged_exif_leaves_the_image_as_it_is(tmp_path: Path, name: str, damage: bytes) -> None:
    Image.fromarray(SMOOTH).save(tmp_path / name, quality=95, exif=damage)
    assert np.abs(read(tmp_path / name) * 255 - SMOOTH).mean() < 4


def adobe_rgb_exif() -> bytes:
    """EXIF with the mark of cameras for Adobe RGB."""
    tiff = struct.pack(">2sHI", b"MM", 42, 8)
    tiff += struct.pack(">HHHIII", 1, 0x8769, 4, 1, 26, 0)
    tiff += struct.pack(">H", 2) + struct.pack(">HHIHH", 0xA001, 3, 1, 0xFFFF, 0)
    tiff += struct.pack(">HHIII", 0xA005, 4, 1, 56, 0)
    tiff += struct.pack(">HHHI4sI", 1, 1, 2, 4, b"R03\0", 0)
    return b"Exif\0\0" + tiff


def test_jpeg_of_a_camera_in_adobe_rgb_is_converted(tmp_path: Path) -> None:
    Image.fromarray(FLAT).save(tmp_path / "a.jpg", quality=100, subsampling=0, exif=adobe_rgb_exif())
    to_srgb = np.array([[1.39836, -0.39836, 0], [0, 1, 0], [0, -0.04294, 1.04294]])
    stored = np.asarray(Image.open(tmp_path / "a.jpg"))[0, 0] / 255
    expected = srgb_encoded(to_srgb @ stored ** (563 / 256))
    assert np.abs(read(tmp_path / "a.jpg")[0, 0] - expected).max() < 2e-3
    assert read_image(tmp_path / "a.jpg").notes == ("Adobe RGB (1998) converted to sRGB",)


@pytest.mark.parametrize("name", ["a.jpg", "a.webp"])
def test_a_profile_beside_exif_is_converted(tmp_path: Path, name: str) -> None:
    options: dict[str, Any] = {"lossless": True} if name == "a.webp" else {"quality": 100, "subsampling": 0}
    Image.fromarray(FLAT).save(tmp_path / name, icc_profile=rgb_profile(), **options)
    stored = np.asarray(Image.open(tmp_path / name).convert("RGB")) / 255
    assert np.abs(read(tmp_path / name) - p3_as_srgb(stored)).max() < 3e-4


def test_jpeg_of_cmyk(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    assert np.abs(read(tmp_path / "a.jpg") - [1, 0, 0]).max() < 0.03
    assert "CMYK without a colour profile" in read_image(tmp_path / "a.jpg").notes


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "blue")]
    for name in ("a.gif", "a.webp", "a.png", "a.tif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert np.abs(read(tmp_path / name) - [1, 0, 0]).max() < 0.02, name


# AVIF


def avif(path: Path, pixels: Any, cicp: tuple[int, int] | None = None, **options: Any) -> Path:
    """An AVIF by Pillow, whose code points are then written over those in its box."""
    Image.fromarray(pixels).save(path, quality=100, subsampling="4:4:4", **options)
    if cicp is not None:
        content = path.read_bytes()
        at = content.index(b"colrnclx") + 8
        path.write_bytes(content[:at] + struct.pack(">HH", *cicp) + content[at + 4 :])
    return path


@needs_avif
def test_avif_of_display_p3_is_converted(tmp_path: Path) -> None:
    path = avif(tmp_path / "a.avif", FLAT, (12, 13))
    stored = np.asarray(Image.open(path)) / 255
    assert np.abs(read(path) - p3_as_srgb(stored)).max() < 2e-3
    assert read_image(path).notes == ("Display P3 converted to sRGB",)


@needs_avif
@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_avif_of_hdr_is_tone_mapped_and_says_how(tmp_path: Path, transfer: int, name: str) -> None:
    path = avif(tmp_path / "a.avif", FLAT, (9, transfer))
    loaded = read_image(path)
    assert loaded.is_light
    assert any(f"BT.2020 {name} tone-mapped" in note for note in loaded.notes)


@needs_avif
@pytest.mark.parametrize("cicp", [(1, 13), (1, 1), (2, 2)])
def test_avif_of_srgb_stays_as_it_is(tmp_path: Path, cicp: tuple[int, int]) -> None:
    path = avif(tmp_path / "a.avif", SMOOTH, cicp)
    assert np.abs(read(path) * 255 - np.asarray(Image.open(path))).max() < 1e-4
    assert read_image(path).notes == ()


def with_clean_aperture(content: bytes, fields: tuple[int, ...]) -> bytes:
    """A file of Pillow with a clean aperture: the box is added, counted and associated."""
    clap = struct.pack(">I4sIIIIiIiI", 40, b"clap", *fields)
    parts: dict[bytes, tuple[int, int]] = {}

    def walk(start: int, end: int) -> None:
        for kind, a, b in boxes(content, start, end):
            parts.setdefault(kind, (a, b))
            if kind in (b"meta", b"iprp", b"ipco"):
                walk(a + 4 * (kind == b"meta"), b)

    walk(0, len(content))
    count = len(boxes(content, *parts[b"ipco"]))
    ipma_start, ipma_end = parts[b"ipma"]
    ipma = bytearray(content[ipma_start:ipma_end])
    ipma[10] += 1  # associations of the first item
    at = 11 + ipma[10] - 1
    ipma[at:at] = bytes([0x80 | (count + 1)])
    added = len(clap) + 1
    result = bytearray(content)
    result[ipma_start:ipma_end] = ipma
    result[parts[b"ipco"][1] : parts[b"ipco"][1]] = clap
    sizes = {b"meta": added, b"iprp": added, b"ipco": len(clap), b"ipma": 1}
    for kind, more in sizes.items():
        place = parts[kind][0] - 8 + (len(clap) if kind == b"ipma" else 0)
        (size,) = struct.unpack_from(">I", result, place)
        struct.pack_into(">I", result, place, size + more)
    iloc = parts[b"iloc"][0]
    offset_at = iloc + 8 + 2 + 2 + 2
    (offset,) = struct.unpack_from(">I", result, offset_at)
    struct.pack_into(">I", result, offset_at, offset + added)
    return bytes(result)


@needs_avif
def test_avif_shows_its_clean_aperture(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(SMOOTH).save(file, "AVIF", quality=100, subsampling="4:4:4")
    # 12 x 8 around a point 2 px right of and 1 px below the middle
    content = with_clean_aperture(file.getvalue(), (12, 1, 8, 1, 2, 1, 1, 1))
    assert read_avif_header(content).crop == (8, 5, 12, 8)
    path = tmp_path / "a.avif"
    path.write_bytes(content)
    values = read(path)
    assert values.shape == (8, 12, 3)
    assert np.abs(values * 255 - SMOOTH[5:13, 8:20]).max() < 6


@needs_avif
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_avif_truncated_is_refused(tmp_path: Path, part: float) -> None:
    path = avif(tmp_path / "a.avif", SMOOTH)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(ValueError, match=r"a\.avif: "):
        load_image(path)


def test_a_codec_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from foveaview.io.decoding import decode_file

    Image.fromarray(SMOOTH).save(tmp_path / "a.webp")
    monkeypatch.setattr(features, "check", lambda name: False)
    with pytest.raises(ValueError, match=r"a\.webp: this Pillow was built without WebP: install"):
        decode_file(tmp_path / "a.webp")


# PSD


def psd(path: Path, pixels: Any, mode: int = 3) -> Path:
    bits = pixels.dtype.itemsize * 8
    planes = pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, len(planes), *planes.shape[1:], bits, mode)
    big = planes.astype(planes.dtype.newbyteorder(">")).tobytes()
    path.write_bytes(header + struct.pack(">III", 0, 0, 0) + struct.pack(">H", 0) + big)
    return path


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_psd_gives_its_merged_image(tmp_path: Path, kind: type[Any], channels: int) -> None:
    top = np.iinfo(kind).max
    pixels = RNG.integers(0, top + 1, (6, 9, 3)).astype(kind)
    pixels = pixels if channels == 3 else pixels[..., 0]
    path = psd(tmp_path / "a.psd", pixels, 3 if channels == 3 else 1)
    assert np.abs(read(path) - pixels / top).max() < 1e-7


def test_psd_of_floats_or_other_colours_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a PSD of 32 bits in colour mode 3 is not read: save it as"):
        load_image(psd(tmp_path / "a.psd", np.zeros((4, 5, 3), np.float32)))
    with pytest.raises(ValueError, match="a PSD of 16 bits in colour mode 4 is not read"):
        load_image(psd(tmp_path / "b.psd", np.zeros((4, 5, 4), np.uint16), 4))


# JPEG 2000, JPEG XL, DPX


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_jpeg2000_keeps_its_depth(tmp_path: Path, kind: str, channels: int) -> None:
    top = np.iinfo(kind).max
    pixels = RNG.integers(0, int(top) + 1, (32, 48, channels)).astype(kind)
    pixels[..., 3:] = top
    pixels[0] = top
    spec = oiio.ImageSpec(48, 32, channels, kind)
    spec.attribute("compression", "jpeg2000:100")
    path = written_by_oiio(tmp_path / "a.j2k", spec, pixels)
    values = read(path).reshape(32, 48, -1)
    assert np.abs(values - pixels[..., : min(channels, 3)] / top).max() < 3 / 255
    assert (values[0] > 0.98).all()
    assert read_image(path).bits == np.iinfo(kind).bits


def test_jpeg2000_of_white_is_white(tmp_path: Path) -> None:
    spec = oiio.ImageSpec(64, 64, 3, "uint16")
    path = written_by_oiio(tmp_path / "a.jp2", spec, np.full((64, 64, 3), 65535, np.uint16))
    assert (read(path) == 1).all()


def test_jpeg2000_by_pillow(tmp_path: Path) -> None:
    Image.fromarray(SMOOTH).save(tmp_path / "a.jp2")
    assert np.abs(read(tmp_path / "a.jp2") * 255 - SMOOTH).max() < 1e-4
    Image.fromarray(SMOOTH[..., 0]).convert("LA").save(tmp_path / "b.jp2")
    assert read(tmp_path / "b.jp2").shape == (16, 24)


def test_jpeg2000_that_claims_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    Image.fromarray(SMOOTH).save(tmp_path / "a.jp2")
    content = bytearray((tmp_path / "a.jp2").read_bytes())
    struct.pack_into(">II", content, content.index(b"\xff\x4f\xff\x51") + 8, 90_000, 90_000)
    (tmp_path / "a.jp2").write_bytes(content)
    with pytest.raises(ValueError, match="90000 x 90000 px, over the limit"):
        load_image(tmp_path / "a.jp2")


@pytest.mark.parametrize(("kind", "error"), [("uint8", 0), ("uint16", 0), ("float", 1e-6)])
def test_jpeg_xl_without_loss_keeps_its_depth(tmp_path: Path, kind: str, error: float) -> None:
    values = RNG.random((16, 24, 3)).astype(np.float32)
    top = {"uint8": 255, "uint16": 65535, "float": 1}[kind]
    pixels = values if kind == "float" else (values * top).astype(kind)
    spec = oiio.ImageSpec(24, 16, 3, kind)
    spec.attribute("compression", "jpegxl:100")
    spec.attribute("oiio:ColorSpace", "sRGB")
    path = written_by_oiio(tmp_path / "a.jxl", spec, pixels)
    if kind == "float":
        assert read(path).shape == (16, 24, 3)
    else:
        assert np.abs(read(path) - pixels / top).max() <= 1.01 / top + error


@pytest.mark.parametrize("size", [(16, 24), (8, 8), (1, 1), (300, 200), (513, 1025)])
def test_the_size_of_jpeg_xl_is_read_before_it_is_unpacked(tmp_path: Path, size: tuple[int, int]) -> None:
    spec = oiio.ImageSpec(size[1], size[0], 1, "uint8")
    path = written_by_oiio(tmp_path / "a.jxl", spec, np.zeros((*size, 1), np.uint8))
    with path.open("rb") as file:
        header = read_jpeg_xl_header(file)
    assert (header.width, header.height, header.is_animated) == (size[1], size[0], False)


def test_jpeg_xl_of_several_frames_is_refused(tmp_path: Path) -> None:
    # 16 x 16 by the small form; then metadata with its extra fields, upright, and an animation
    fields = [(1, 1), (1, 5), (1, 3), (0, 1), (1, 1), (0, 3), (0, 1), (0, 1), (1, 1)]
    value, at = 0, 0
    for content, width in fields:
        value |= content << at
        at += width
    (tmp_path / "a.jxl").write_bytes(b"\xff\x0a" + value.to_bytes(8, "little"))
    with pytest.raises(ValueError, match=r"a\.jxl: it is an animation"):
        load_image(tmp_path / "a.jxl")


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_dpx_reaches_from_black_to_white(tmp_path: Path, bits: int) -> None:
    top = 2**bits - 1
    values = RNG.integers(0, top + 1, (6, 9, 3))
    values[0], values[1] = 0, top
    pixels = (values / top * 65535).round().astype(np.uint16)
    spec = oiio.ImageSpec(9, 6, 3, "uint8" if bits == 8 else "uint16")
    spec.attribute("oiio:BitsPerSample", bits)
    data = values.astype(np.uint8) if bits == 8 else pixels
    path = written_by_oiio(tmp_path / "a.dpx", spec, data)
    assert np.abs(read(path) - values / top).max() < 0.6 / top
    assert read_image(path).bits == bits


@pytest.mark.parametrize("transfer", ["KodakLog", "Printing density"])
def test_dpx_of_film_is_refused_by_name(tmp_path: Path, transfer: str) -> None:
    spec = oiio.ImageSpec(9, 6, 3, "uint16")
    spec.attribute("dpx:Transfer", transfer)
    spec.attribute("oiio:ColorSpace", "KodakLog")
    path = written_by_oiio(tmp_path / "a.dpx", spec, np.zeros((6, 9, 3), np.uint16))
    content = bytearray(path.read_bytes())
    content[801] = 1 if transfer == "Printing density" else 3
    path.write_bytes(content)
    with pytest.raises(ValueError, match="it holds film densities"):
        load_image(path)
