"""Recognition of image formats by the first bytes of a file, and reasons why some are not read."""

from __future__ import annotations

import struct

__all__ = ["HEAD_BYTES", "recognize"]

HEAD_BYTES = 4096
"""Bytes from the start of a file that `recognize` needs."""

_READ = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"8BPS": "PSD",
    b"\x76\x2f\x31\x01": "EXR",
    b"#?RADIANCE": "HDR",
    b"#?RGBE": "HDR",
    b"SDPX": "DPX",
    b"XPDS": "DPX",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"\x93NUMPY": "npy",
    b"PF": "PFM",
    b"Pf": "PFM",
    b"qoif": "QOI",
    b"\0\0\x01\0": "ICO",
    b"DDS ": "DDS",
    b"\x01\xda": "SGI",
}

_SAVE = "save it as PNG or TIFF"
_RAW = "it is not developed yet"
_DRAWING = "it holds drawings, not pixels"
_REFUSED = {
    b"%!PS": ("PostScript", "it is a program that draws", _SAVE),
    b"\xc5\xd0\xd3\xc6": ("EPS", "it is a program that draws", _SAVE),
    b"%PDF": ("PDF", "it is a document", _SAVE),
    b"SIMPLE  =": ("FITS", "it does not say which values are black and white", _SAVE),
    b"\x80\x2a\x5f\xd7": ("Cineon", "it holds film densities", _SAVE),
    b"\xd7\x5f\x2a\x80": ("Cineon", "it holds film densities", _SAVE),
    b"\xd7\xcd\xc6\x9a": ("WMF", _DRAWING, _SAVE),
    b"P7\n": ("PAM", "its channels can be anything", _SAVE),
    b"icns": ("ICNS", "it holds icons of several sizes", _SAVE),
    b"gimp xcf": ("XCF", "it is a project of GIMP", "export it as PNG or TIFF"),
    b"IIRO": ("camera raw (ORF)", _RAW, _SAVE),
    b"IIRS": ("camera raw (ORF)", _RAW, _SAVE),
    b"IIU\0": ("camera raw (RW2)", _RAW, _SAVE),
    b"FUJIFILMCCD-RAW": ("camera raw (RAF)", _RAW, _SAVE),
    b"\x1a\x45\xdf\xa3": ("Matroska", "it is a video", "save one frame as PNG or TIFF"),
    b"YUV4MPEG2": ("Y4M", "it is a video", "save one frame as PNG or TIFF"),
    b"\x1f\x8b": ("gzip", "it is compressed", "unpack it first"),
    b"\x28\xb5\x2f\xfd": ("Zstandard", "it is compressed", "unpack it first"),
    b"BPG\xfb": ("BPG", "it has no decoder under a permissive licence", _SAVE),
    b"II\xbc\x01": ("JPEG XR", "it has no decoder here", _SAVE),
    b"\x89HDF": ("HDF5", "it is a container of arrays", "save the image as npy, PNG or TIFF"),
    b"version https://git-lfs": ("Git LFS", "it points to a file elsewhere", "fetch the file itself"),
}
# brands of formats in the MP4 container
_AVIF_BRANDS = (b"avif", b"avis")
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")


def _refuse(kind: str, why: str, advice: str = _SAVE) -> None:
    raise ValueError(f"{kind} is not read, since {why}: {advice}")


def _boxed(head: bytes) -> str | None:
    """Return "AVIF" or None by the brands of the first box; refuse HEIC, camera raw and video."""
    if head[4:8] != b"ftyp":
        return None
    size = min(max(struct.unpack(">I", head[:4])[0], 16), len(head))
    brands = [head[8:12], *(head[i : i + 4] for i in range(16, size - 3, 4))]
    if any(brand in _AVIF_BRANDS for brand in brands):
        return "AVIF"
    if any(brand in _HEIC_BRANDS for brand in brands):
        _refuse("HEIC", "it has no decoder under a permissive licence", "save it as AVIF, PNG or TIFF")
    if brands[0] == b"crx ":
        _refuse("camera raw (CR3)", _RAW)
    _refuse("MP4", "it is a video", "save one frame as PNG or TIFF")
    return None


def _of_text(head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:600].lower()
    if start.startswith((b"<svg", b"<?xml", b"<!doctype svg")) and b"<svg" in head.lower():
        _refuse("SVG", _DRAWING)
    if start.startswith((b"<!doctype html", b"<html")):
        _refuse("HTML", "it is a web page", "download the image itself")
    if head[40:44] == b" EMF":
        _refuse("EMF", _DRAWING)


def _is_pnm(head: bytes) -> bool:
    return head[:1] == b"P" and head[1:2] in b"123456" and head[2:3] in (b" ", b"\t", b"\r", b"\n", b"#")


def _is_pcx(head: bytes) -> bool:
    return head[:1] == b"\x0a" and head[1:2] in (b"\0", b"\2", b"\3", b"\5") and head[2:3] == b"\x01"


def _is_targa(head: bytes, suffix: str) -> bool:
    """Return True for a Targa file; it has no magic bytes, so its suffix and a plausible header decide."""
    if suffix not in (".tga", ".vda", ".icb", ".vst") or len(head) < 18:
        return False
    return head[1] in (0, 1) and head[2] in (1, 2, 3, 9, 10, 11) and head[16] in (1, 8, 15, 16, 24, 32)


def recognize(head: bytes, suffix: str = "") -> str:
    """Name the format of an image file.

    Args:
        head: first `HEAD_BYTES` of the file, or all of it.
        suffix: suffix of its name, in lower case; only Targa and npz files need it.

    Returns:
        One of the formats that are read, such as "PNG".

    Raises:
        ValueError: if the file is empty, not an image or of an unsupported format; gives the reason.

    >>> recognize(b"GIF89a...")
    'GIF'
    >>> recognize(b"%!PS-Adobe-3.0 EPSF-3.0")
    Traceback (most recent call last):
    ...
    ValueError: PostScript is not read, since it is a program that draws: save it as PNG or TIFF
    """
    if not head:
        raise ValueError("the file is empty")
    for mark, refusal in _REFUSED.items():
        if head.startswith(mark):
            _refuse(*refusal)
    for mark, name in _READ.items():
        if head.startswith(mark):
            return name
    return _unmarked(head, suffix)


def _packed(head: bytes, suffix: str) -> str | None:
    """Return "WebP" or "npz", which are RIFF and ZIP files; refuse other ZIP files."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[:4] != b"PK\x03\x04":
        return None
    if suffix != ".npz":
        _refuse("ZIP", "it is an archive", "unpack it first")
    return "npz"


def _unmarked(head: bytes, suffix: str) -> str:
    packed = _packed(head, suffix)
    if packed is not None:
        return packed
    boxed = _boxed(head)
    if boxed is not None:
        return boxed
    if _is_pnm(head):
        return "PNM"
    if _is_pcx(head):
        return "PCX"
    if _is_targa(head, suffix):
        return "Targa"
    _of_text(head)
    raise ValueError("not an image that can be read")
