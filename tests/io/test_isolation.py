"""Decoding in another process: what it survives, what ends it, and what it costs."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import psutil
import pytest

from foveaview.files import load_image
from foveaview.io import isolation
from foveaview.io.isolation import decode_apart, warm_up
from foveaview.io.untrusted import UnreadableError
from foveaview.perception.interruption import Interrupted, interruptible
from tests.io.writers import chunk, png

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits that Linux keeps")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return png(tmp_path / "a.png", PIXELS)


def has_ended(process: psutil.Process) -> None:
    """Wait until a process runs no longer; a test that waits for ever meets its own limit."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)


def decoder() -> psutil.Process:
    """The process that decodes for this one."""
    assert isolation._process is not None
    return psutil.Process(isolation._process._popen.pid)


def test_one_process_decodes_all_images(picture: Path) -> None:
    first = decode_apart(picture)
    pid = decoder().pid
    assert np.array_equal(first.pixels, PIXELS)
    assert np.array_equal(decode_apart(picture).pixels, PIXELS)
    assert decoder().pid == pid != os.getpid()


@pytest.mark.slow
def test_the_process_loads_neither_torch_nor_qt(picture: Path) -> None:
    code = (
        "import sys; import foveaview.io.decoding_child; "
        "print([name for name in ('torch', 'PySide6', 'pydantic', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_warm_up_does_not_wait_and_is_of_use(picture: Path) -> None:
    decode_apart(picture)
    isolation._end()
    began = time.perf_counter()
    warm_up()
    assert time.perf_counter() - began < 0.2
    pid = decoder().pid
    decode_apart(picture)
    assert decoder().pid == pid


@pytest.mark.slow
@posix
@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_decoder_that_died_is_replaced(picture: Path, number: signal.Signals) -> None:
    decode_apart(picture)
    process = decoder()
    process.send_signal(number)
    has_ended(process)
    assert np.array_equal(decode_apart(picture).pixels, PIXELS)
    assert decoder().pid != process.pid


@pytest.mark.slow
@posix
@pytest.mark.parametrize(
    ("number", "said"),
    [
        (signal.SIGSEGV, "its decoder ended unexpectedly"),
        (signal.SIGKILL, "not enough memory"),
        (signal.SIGXCPU, "it takes over 8 s to decode for its size"),
    ],
)
def test_a_death_amid_an_image_is_an_error_of_the_file(
    picture: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, said: str
) -> None:
    decode_apart(picture)
    process = isolation._process
    assert process is not None

    def dies(path: Path, exposure: float) -> None:
        os.kill(process._popen.pid, number)
        has_ended(psutil.Process(process._popen.pid))
        raise isolation._EndedError

    monkeypatch.setattr(process, "ask", dies)
    with pytest.raises(UnreadableError, match=rf"a\.png: .*{said}"):
        decode_apart(picture)
    assert np.array_equal(decode_apart(picture).pixels, PIXELS)


@pytest.mark.slow
def test_a_wait_that_is_given_up_ends_the_decoder(picture: Path) -> None:
    decode_apart(picture)
    process = decoder()
    process.suspend()
    asked = threading.Timer(0.2, lambda: None)
    asked.start()
    with pytest.raises(Interrupted), interruptible(lambda: not asked.is_alive()):
        load_image(picture)
    has_ended(process)
    assert np.array_equal(decode_apart(picture).pixels, PIXELS)


def test_threads_share_the_decoder(tmp_path: Path) -> None:
    paths = [png(tmp_path / f"{i}.png", np.full((20, 30), i, np.uint8)) for i in range(8)]
    found: dict[int, int] = {}

    def read(i: int) -> None:
        for _ in range(5):
            pixels = decode_apart(paths[i]).pixels
            assert (pixels == pixels[0, 0]).all()
            found[i] = int(pixels[0, 0])

    threads = [threading.Thread(target=read, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {i: i for i in range(8)}


@pytest.mark.slow
@posix
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_decoder_ends_with_its_program_however_that_ends(picture: Path, number: signal.Signals) -> None:
    code = (
        "import sys, time; from pathlib import Path; from foveaview.io import isolation\n"
        "isolation.decode_apart(Path(sys.argv[1]))\n"
        "print(isolation._process._popen.pid, flush=True); time.sleep(600)"
    )
    program = subprocess.Popen([sys.executable, "-c", code, str(picture)], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    decoding = psutil.Process(int(program.stdout.readline()))
    program.send_signal(number)
    program.communicate()
    has_ended(decoding)


@pytest.mark.slow
def test_a_program_that_ends_leaves_no_decoder_and_no_warning(picture: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from foveaview.io import isolation\n"
        "isolation.decode_apart(Path(sys.argv[1])); print(isolation._process._popen.pid)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(picture)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert not psutil.pid_exists(int(done.stdout))


@pytest.mark.slow
@posix
def test_a_forked_process_has_a_decoder_of_its_own(picture: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from foveaview.io import isolation\n"
        "path = Path(sys.argv[1]); isolation.decode_apart(path); own = isolation._process._popen.pid\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    isolation.decode_apart(path); os._exit(isolation._process._popen.pid == own)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])); isolation.decode_apart(path)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(picture)], capture_output=True, text=True)
    assert (done.stdout.strip(), done.returncode) == ("0", 0)


@pytest.mark.slow
def test_files_of_the_folder_are_not_taken_for_modules(tmp_path: Path, picture: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit(3)")
    code = (
        "import sys; from pathlib import Path; from foveaview.io.isolation import decode_apart\n"
        "print(decode_apart(Path(sys.argv[1])).pixels.shape)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, picture.name], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.strip() == "(6, 9, 3)"


def test_without_another_process_the_image_is_decoded_here(
    picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation._end()

    def refuses(*_args: object, **_options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(subprocess, "Popen", refuses)
    assert np.array_equal(decode_apart(picture).pixels, PIXELS)


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        load_image(tmp_path / "none.png")
    assert caught.value.filename == str(tmp_path / "none.png")


@posix
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UnreadableError, match=r"pipe\.png: not a file that can be read, but a pipe"):
        load_image(tmp_path / "pipe.png")


def test_an_error_names_the_file_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words.png").write_text("words")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadableError, match=r"^words\.png: not an image that can be read$"):
        load_image("words.png")


def lying_png(path: Path, size: tuple[int, int], content: bytes) -> Path:
    """A PNG of 16-bit RGBA whose header claims a size."""
    header = struct.pack(">IIBBBBB", size[1], size[0], 16, 6, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


@linux
def test_a_large_claim_costs_no_memory_here(tmp_path: Path) -> None:
    path = lying_png(tmp_path / "a.png", (9000, 9000), zlib.compress(bytes(1000)))
    before = psutil.Process().memory_info().rss
    with pytest.raises(UnreadableError, match=r"a\.png: "):
        load_image(path)
    assert psutil.Process().memory_info().rss - before < 50 << 20


@pytest.mark.slow
@linux
def test_memory_has_a_limit(tmp_path: Path) -> None:
    """A decoder that takes more than an image of its size needs is refused."""
    code = (
        "import numpy as np, sys\n"
        "from foveaview.io.limits import Bounds\n"
        "from foveaview.io.samples import check_size\n"
        "with Bounds():\n"
        "    check_size(100, 100, 3)\n"
        "    small = np.ones(100 << 20, np.uint8)\n"
        "    try:\n"
        "        np.ones(1 << 30, np.uint8)\n"
        "    except MemoryError:\n"
        "        print('refused')\n"
        "large = np.empty(1 << 30, np.uint8)\n"
        "with Bounds():\n"
        "    check_size(9000, 9000, 8)\n"
        "    large = np.empty(1 << 30, np.uint8)\n"
        "    print('allowed')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused", "allowed"]


@pytest.mark.slow
@linux
def test_computing_time_has_a_limit() -> None:
    code = (
        "from foveaview.io import limits\n"
        "limits.MOST_SECONDS = -1\n"
        "with limits.Bounds():\n"
        "    while True: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert done.returncode == -signal.SIGXCPU


def test_an_image_costs_little_more_than_its_decoding(picture: Path) -> None:
    decode_apart(picture)
    fastest = 1.0
    for _ in range(30):
        began = time.perf_counter()
        decode_apart(picture)
        fastest = min(fastest, time.perf_counter() - began)
    assert fastest < 0.03
