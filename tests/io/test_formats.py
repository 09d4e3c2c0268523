"""What a file is, and the reason if it is not read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foveaview.files import load_image
from foveaview.io.decoders import oiio_reader, pillow_reader
from foveaview.io.formats import recognize
from foveaview.io.images import read_image
from tests.io.writers import png

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"II*\0", "TIFF"),
        (b"MM\0+", "TIFF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0avifmif1", "AVIF"),
        (b"GIF89a", "GIF"),
        (b"8BPS\0\1", "PSD"),
        (b"v/1\x01", "EXR"),
        (b"#?RADIANCE\n", "HDR"),
        (b"\xff\x0a\xfa", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xff\x4f\xff\x51", "JPEG 2000"),
        (b"SDPX", "DPX"),
        (b"P6\n", "PNM"),
        (b"P5 #", "PNM"),
        (b"Pf\n", "PFM"),
        (b"\x93NUMPY\x01\0", "npy"),
        (b"qoif", "QOI"),
    ],
)
def test_recognize_names_the_kind_by_its_first_bytes(head: bytes, name: str) -> None:
    assert recognize(head, ".anything") == name


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"%!PS-Adobe-3.0 EPSF-3.0\n",
            "PostScript is not read, since it is a program that draws: save it as",
        ),
        (b"\xc5\xd0\xd3\xc6" + bytes(30), "EPS is not read"),
        (b"%PDF-1.7\n", "PDF is not read, since it is a document"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "SVG is not read, since it holds drawings"),
        (b"<svg/>", "SVG is not read"),
        (
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            "HEIC is not read, since it has no decoder under a permissive",
        ),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "MP4 is not read, since it is a video: save one frame"),
        (b"\0\0\0\x18ftypcrx \0\0\0\0crx isom", r"camera raw \(CR3\) is not read"),
        (b"SIMPLE  =                    T", "FITS is not read"),
        (b"\x80\x2a\x5f\xd7", "Cineon is not read, since it holds film densities"),
        (b"PK\x03\x04", "ZIP is not read, since it is an archive: unpack it first"),
        (b"\x1f\x8b\x08", "gzip is not read, since it is compressed"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS is not read, since it points to a file"),
        (b"<!DOCTYPE html><html>", "HTML is not read, since it is a web page"),
        (b"YUV4MPEG2 W4 H4", "Y4M is not read, since it is a video"),
        (b"gimp xcf v011", "XCF is not read"),
        (b"FUJIFILMCCD-RAW", "camera raw"),
        (b"P7\nWIDTH 4", "PAM is not read"),
        (b"these are words", "not an image that can be read"),
        (b"\0", "not an image that can be read"),
        (b"", "the file is empty"),
    ],
)
def test_a_file_that_is_not_read_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"^{path}: {said}") as caught:
        load_image(path)
    assert "\n" not in str(caught.value)


def test_an_eps_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "started"
    ghostscript = tmp_path / "bin" / "gs"
    ghostscript.parent.mkdir()
    ghostscript.write_text(f"#!/bin/sh\ntouch {marker}\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", str(ghostscript.parent), prepend=":")
    Image.fromarray(PIXELS).save(tmp_path / "a.eps")
    with pytest.raises(ValueError, match="PostScript"):
        load_image(tmp_path / "a.eps")
    assert not marker.exists()


@pytest.mark.parametrize("name", ["a.jpg", "a.tif", "a.exr", "a", "a.PNG", "a.npz"])
def test_a_file_is_read_by_its_content_whatever_its_ending(tmp_path: Path, name: str) -> None:
    path = png(tmp_path / name, PIXELS)
    assert np.array_equal((load_image(path)[0].permute(1, 2, 0).numpy() * 255).round(), PIXELS)


@pytest.mark.parametrize("name", ["é ü.png", "a b'c.png", "#%s.png", "-.png"])
def test_a_file_is_read_by_any_name(tmp_path: Path, name: str) -> None:
    assert load_image(png(tmp_path / name, PIXELS)).shape == (1, 3, 6, 9)


def test_a_name_that_is_no_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / b"\xff.png".decode("utf-8", "surrogateescape")
    try:
        png(path, PIXELS)
    except OSError:
        pytest.skip("this file system wants text")
    assert load_image(path).shape == (1, 3, 6, 9)


@pytest.mark.parametrize(
    "kind", ["PNG", "TIFF", "BMP", "GIF", "PSD", "EXR", "HDR", "JPEG XL", "JPEG 2000", "DPX"]
)
def test_a_file_with_nothing_but_its_mark_is_refused(tmp_path: Path, kind: str) -> None:
    marks = {
        "PNG": b"\x89PNG\r\n\x1a\n",
        "TIFF": b"II*\0",
        "BMP": b"BM",
        "GIF": b"GIF89a",
        "PSD": b"8BPS",
        "EXR": b"v/1\x01",
        "HDR": b"#?RADIANCE\n",
        "JPEG XL": b"\xff\x0a",
        "JPEG 2000": b"\xff\x4f\xff\x51",
        "DPX": b"SDPX",
    }
    path = tmp_path / "a.bin"
    path.write_bytes(marks[kind])
    with pytest.raises(ValueError, match=r"a\.bin: "):
        load_image(path)


def test_every_kind_has_a_reader() -> None:
    kinds = {"PFM", "npy", "npz", *oiio_reader.KINDS, *pillow_reader.KINDS}
    assert kinds == {
        *("PNG", "JPEG", "TIFF", "WebP", "AVIF", "GIF", "BMP", "PSD", "QOI", "ICO", "DDS", "SGI", "PCX"),
        *("Targa", "PNM", "PFM", "EXR", "HDR", "DPX", "JPEG 2000", "JPEG XL", "npy", "npz"),
    }


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("a.bmp", 0),
        ("a.gif", 40),
        ("a.tga", 0),
        ("a.pcx", 0),
        ("a.sgi", 0),
        ("a.ppm", 0),
        ("a.qoi", 0),
        ("a.dds", 0),
    ],
)
def test_kinds_of_8_bits_keep_their_pixels(tmp_path: Path, name: str, error: float) -> None:
    image = Image.fromarray(PIXELS)
    (image.quantize(256) if name == "a.gif" else image).save(tmp_path / name)
    values = load_image(tmp_path / name)[0].permute(1, 2, 0).numpy()
    assert np.abs(values * 255 - PIXELS).max() <= error + 1e-4


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "a.npy"])
def test_the_label_names_format_and_depth(tmp_path: Path, name: str) -> None:
    if name == "a.npy":
        np.save(tmp_path / name, PIXELS)
    else:
        Image.fromarray(PIXELS).save(tmp_path / name)
    labels = {"a.png": "PNG, 8 bits", "a.bmp": "BMP, 8 bits", "a.tif": "TIFF, 8 bits", "a.npy": "npy, 8 bits"}
    assert read_image(tmp_path / name).label == labels[name]
