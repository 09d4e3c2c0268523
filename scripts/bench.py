"""Speed and memory of this project against odak 0.2.7 and plenoptic 2.1.1.

    scripts/bench [--sizes 256 512 1024 2048] [--repeats 5] [--device cpu|cuda] [--json FILE]
    scripts/bench --cases "training step" --sizes 128

Peers alternate in one run on one photograph, and each ratio is the median of paired ones: absolute times
mean little on a machine that others use too. CPU time, user and system of all threads, stands beside them: it
depends less on what else runs. Peak memory is of a process of its own, over what it took before the case. A
size is the side of a square, or WIDTHxHEIGHT; odak is left out above 1024 x 1024, where it takes minutes.
plenoptic takes part in the synthesis iteration: its Metamer with the same statistics at the same gaze for a
model (no foveal term), because it has no gaze-dependent models. A training step is the loss and
gradient of 16 samples at a new gaze each, 4 levels; "loop" calls our own loss sample by sample.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from foveaview import (
    FovealStatistics,
    LossSettings,
    MetamericLoss,
    MetamerSearch,
    SynthesisSettings,
    load_image,
    ventral_metamer,
)
from foveaview.files import resource
from foveaview.perception.prepared import PreparedTarget

GAZE = (0.3, 0.4)
CASES = ("step", "gaze to heatmap", "one-shot metamer", "synthesis iteration")
TRAINING, SAMPLES = "training step", 16
LARGEST_FOR_ODAK = 1024 * 1024
Size = tuple[int, int]

# Numbers of 4 bytes that must move for every pixel and case, read or written once, with three channels and
# two orientations: 1 for every value of an image or a map that one stage hands to the next. All levels are
# 4/3 of the finest. A matrix has 8 columns and 8 values a pixel.
MAPS = 3 + 6 * 4 / 3
MOVED = {
    # image and gradient, pyramid and its adjoint, maps, target's moments, gradients, both matrices
    "step": 6 + 2 * 3 * 4 / 3 + 6 * MAPS + 2 * 16 * 4 / 3,
    # a matrix built and read, maps of both images read, the target's moments written and read
    "gaze to heatmap": 2 * 16 * 4 / 3 + 6 * MAPS + 1,
    # a matrix built and read, maps, noise and moments read, an image put together
    "one-shot metamer": 2 * 16 * 4 / 3 + 5 * MAPS + 6,
}
MOVED["synthesis iteration"] = MOVED["step"] + 15  # Adam: image, gradient and two moments
# for each sample a matrix built too, and the target's pyramid
MOVED[TRAINING] = SAMPLES * (MOVED["step"] + 2 * 16 * 4 / 3 + 3 * MAPS)


def odak_module(name: str) -> Any:
    """Import one of odak's perception modules, without the packages around it."""
    root = Path(__file__).parent.parent / ".venv" / "peers" / "odak"
    for package, path in (
        ("odak", root),
        ("odak.learn", root / "learn"),
        ("odak.learn.perception", root / "learn" / "perception"),
    ):
        if package not in sys.modules:
            module = types.ModuleType(package)
            module.__path__ = [str(path)]
            sys.modules[package] = module
    with contextlib.chdir(tempfile.gettempdir()):  # odak begins a log file in the folder it is imported in
        return importlib.import_module(f"odak.learn.perception.{name}")


def photograph(size: Size, device: torch.device) -> Tensor:
    image = load_image(resource("samples/astronaut.png"))
    return F.interpolate(image, size=size, mode="bilinear", antialias=True).to(device)


def parsed_size(text: str) -> Size:
    """Return (H, W) of "512" or "3840x2160"."""
    width, _, height = text.partition("x")
    return (int(height or width), int(width))


def gazes() -> Any:
    """Yield gazes, never the same one twice."""
    return ((0.2 + 0.6 * (i * 0.618 % 1), 0.2 + 0.6 * (i * 0.414 % 1)) for i in itertools.count())


def own_case(case: str, target: Tensor) -> Callable[[], object]:
    if case == TRAINING:
        return training_step(target, MetamericLoss(n_pyramid_levels=4))
    loss, image = MetamericLoss(), target.flip(-1).contiguous()
    if case == "gaze to heatmap":
        looked = gazes()
        return lambda: loss.heatmap(image, target, next(looked))
    if case == "one-shot metamer":
        return lambda: ventral_metamer(target, GAZE)
    if case == "synthesis iteration":
        return own_synthesis(target)
    prepared = loss.prepare(target, GAZE)
    assert isinstance(prepared, PreparedTarget)
    leaf = image.clone().requires_grad_()

    def step() -> None:
        leaf.grad = None
        prepared.loss(leaf).backward()

    return step


def own_synthesis(target: Tensor) -> Callable[[], object]:
    settings = SynthesisSettings(device="cuda" if target.device.type == "cuda" else "cpu")
    return MetamerSearch(target, GAZE, LossSettings(), settings).synthesis.step


def shifted(target: Tensor) -> Tensor:
    """Make a batch of different images of one size."""
    return torch.cat([target.roll((5 * i, 7 * i), (-2, -1)) for i in range(SAMPLES)])


def training_step(target: Tensor, loss: Callable[..., Tensor], each: bool = False) -> Callable[[], object]:
    """Take a training step at new gazes; sample by sample if `each`."""
    targets, looked = shifted(target), gazes()
    weight = targets.flip(-1).contiguous().requires_grad_()

    def step() -> None:
        weight.grad = None
        at = list(itertools.islice(looked, SAMPLES))
        if not each:
            loss(weight, targets, torch.tensor(at)).backward()
            return
        pairs = zip(weight.split(1), targets.split(1), at, strict=True)
        torch.stack([loss(own, one, list(gaze)) for own, one, gaze in pairs]).mean().backward()

    return step


def loop_case(case: str, target: Tensor) -> Callable[[], object]:
    assert case == TRAINING
    return training_step(target, MetamericLoss(n_pyramid_levels=4), each=True)


def odak_case(case: str, target: Tensor) -> Callable[[], object]:
    if case == TRAINING:
        loss = odak_module("metameric_loss").MetamericLoss(device=target.device, n_pyramid_levels=4)
        return training_step(target, lambda own, one, gaze: loss(own, one, gaze=gaze), each=True)
    loss = odak_module("metameric_loss").MetamericLoss(device=target.device)
    image = target.flip(-1).contiguous()
    if case == "gaze to heatmap":
        looked = gazes()

        def heatmap() -> None:
            with torch.no_grad():
                loss(image, target, gaze=list(next(looked)), visualise_loss=target.device.type == "cpu")

        return heatmap
    if case == "one-shot metamer":
        maker = odak_module("metamer_mse_loss").MetamerMSELoss(device=target.device)
        return lambda: maker.gen_metamer(target, list(GAZE))
    leaf = torch.rand_like(target).requires_grad_()
    optimizer = torch.optim.Adam([leaf], lr=0.01) if case == "synthesis iteration" else None

    def step() -> None:
        leaf.grad = None
        loss(leaf, target, gaze=list(GAZE)).backward()
        if optimizer is not None:
            optimizer.step()

    return step


def plenoptic_case(case: str, target: Tensor) -> Callable[[], object]:
    assert case == "synthesis iteration"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plenoptic = importlib.import_module("plenoptic")
        settings = LossSettings(use_l2_foveal_loss=False)
        model = FovealStatistics(settings, GAZE, (target.shape[-2], target.shape[-1])).eval()
        metamer = plenoptic.Metamer(target, model)
        metamer.setup()

    def step() -> None:
        with contextlib.redirect_stderr(io.StringIO()):
            metamer.synthesize(1, stop_criterion=0)

    return step


MAKERS: dict[str, Callable[[str, Tensor], Callable[[], object]]] = {
    "foveaview": own_case,
    "odak": odak_case,
    "plenoptic": plenoptic_case,
    "loop": loop_case,
}


def peers_of(case: str, size: Size) -> list[str]:
    if case == TRAINING:
        return ["loop", "odak"]
    small = size[0] * size[1] <= LARGEST_FOR_ODAK
    return [*(["odak"] if small else []), *(["plenoptic"] if small and case == "synthesis iteration" else [])]


def timed(run: Callable[[], object], device: torch.device) -> tuple[float, float]:
    """Return seconds of wall time and of CPU time."""
    began = time.perf_counter(), time.process_time()
    run()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began[0], time.process_time() - began[1]


def paired_ratio(theirs: list[float], ours: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(theirs, ours, strict=True))


def high_water_mib() -> float:
    """Return the peak memory of this process."""
    status = Path("/proc/self/status").read_text()
    return float(status.split("VmHWM:")[1].split()[0]) / 2**10


def peak_memory(peer: str, case: str, size: Size, device: str) -> float:
    """Return MiB over the interpreter's own, measured in a separate process."""
    named = f"{size[1]}x{size[0]}"
    arguments = [sys.executable, __file__, "--memory-of", peer, case, named, "--device", device]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def measure_memory(peer: str, case: str, size: Size, device: torch.device) -> float:
    target = photograph(size, device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        run = MAKERS[peer](case, target)
        run(), run()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    before = high_water_mib()
    run = MAKERS[peer](case, target)
    run(), run()
    return high_water_mib() - before


def measure(case: str, size: Size, repeats: int, device: torch.device, bandwidth: float) -> dict[str, Any]:
    target = photograph(size, device)
    peers = ["foveaview", *peers_of(case, size)]
    runs = {peer: MAKERS[peer](case, target) for peer in peers}
    for run in runs.values():
        timed(run, device)
    walls: dict[str, list[float]] = {peer: [] for peer in peers}
    cpus: dict[str, list[float]] = {peer: [] for peer in peers}
    for _ in range(repeats):
        for peer, run in runs.items():
            wall, cpu = timed(run, device)
            walls[peer].append(wall)
            cpus[peer].append(cpu)
    result: dict[str, Any] = {"case": case, "size": f"{size[1]}x{size[0]}"}
    result["ms"] = {peer: 1000 * statistics.median(values) for peer, values in walls.items()}
    result["cpu ms"] = {peer: 1000 * statistics.median(values) for peer, values in cpus.items()}
    floor = 4 * MOVED[case] * size[0] * size[1] / bandwidth
    result["share of floor"] = floor / statistics.median(walls["foveaview"])
    result["ratio"] = {peer: paired_ratio(walls[peer], walls["foveaview"]) for peer in peers[1:]}
    result["cpu ratio"] = {peer: paired_ratio(cpus[peer], cpus["foveaview"]) for peer in peers[1:]}
    result["peak MiB"] = {peer: peak_memory(peer, case, size, device.type) for peer in peers}
    return result


def copy_bandwidth(device: torch.device) -> float:
    """Return the bytes a second that a copy reads and writes."""
    block = torch.ones(1 << 26, device=device)
    other = torch.empty_like(block)
    took = min(timed(lambda: other.copy_(block), device)[0] for _ in range(5))
    return 2 * block.numel() * block.element_size() / took


def line(result: dict[str, Any]) -> str:
    times, cpu, memory = result["ms"], result["cpu ms"], result["peak MiB"]
    ours = (
        f"{result['case']:20} {result['size']:>9} {'foveaview':10} {times['foveaview']:9.1f} {'':8} "
        f"{cpu['foveaview']:9.1f} {'':8} {memory['foveaview']:9.0f} {result['share of floor']:6.0%}"
    )
    theirs = (
        f"{'':20} {'':9} {peer:10} {times[peer]:9.1f} {ratio:7.1f}x {cpu[peer]:9.1f} "
        f"{result['cpu ratio'][peer]:7.1f}x {memory[peer]:9.0f}"
        for peer, ratio in result["ratio"].items()
    )
    return "\n".join([ours, *theirs])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["256", "512", "1024", "2048"])
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=[*CASES, TRAINING])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--memory-of", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    device = torch.device(options.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        print("there is no CUDA device here: run this on a machine that has one")
        return 2
    torch.set_num_threads(min(2, os.cpu_count() or 1))
    if options.memory_of:
        peer, case, size = options.memory_of
        print(measure_memory(peer, case, parsed_size(size), device))
        return 0
    bandwidth = copy_bandwidth(device)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, load {os.getloadavg()[0]:.2f}")
    print(f"copy bandwidth {bandwidth / 1e9:.1f} GB/s")
    print(
        f"{'case':20} {'size':>9} {'peer':10} {'ms':>9} {'ratio':>8} "
        f"{'cpu ms':>9} {'ratio':>8} {'peak MiB':>9} {'floor':>6}"
    )
    results = []
    for case in options.cases:
        for size in options.sizes:
            results.append(measure(case, parsed_size(size), options.repeats, device, bandwidth))
            print(line(results[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps({"bandwidth": bandwidth, "results": results}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
