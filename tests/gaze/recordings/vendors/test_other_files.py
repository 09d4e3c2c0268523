"""Tests of files without samples: they are refused with the name of the file to open."""

from __future__ import annotations

from pathlib import Path

import pytest

from foveaview.gaze.recordings import read_recording


@pytest.mark.parametrize(
    ("name", "header", "words"),
    [
        (
            "fixations.csv",
            "id,start_timestamp,duration,start_frame_index,end_frame_index,norm_pos_x,norm_pos_y,confidence",
            "holds fixations, not samples: open gaze_positions.csv",
        ),
        (
            "fixations_on_surface_Screen.csv",
            "world_timestamp,world_index,fixation_id,start_timestamp,duration,norm_pos_x,norm_pos_y,on_surf",
            "open gaze_positions_on_surface_Screen.csv",
        ),
        (
            "pupil_positions.csv",
            "pupil_timestamp,world_index,eye_id,confidence,norm_pos_x,norm_pos_y,diameter",
            "holds pupils .*open gaze_positions.csv",
        ),
        (
            "fixations.csv",
            "section id,recording id,fixation id,start timestamp [ns],end timestamp [ns],fixation x [px]",
            "holds fixations, .*open gaze.csv",
        ),
        (
            "blinks.csv",
            "recording id,blink id,start timestamp [ns],end timestamp [ns]",
            "holds blinks, .*gaze.csv",
        ),
        ("saccades.csv", "saccade id,start timestamp [ns],end timestamp [ns]", "holds saccades, .*gaze.csv"),
        (
            "3d_eye_states.csv",
            "recording id,timestamp [ns],pupil diameter left [mm]",
            "holds no gaze, .*gaze.csv",
        ),
        ("fix.txt", "RECORDING_SESSION_LABEL,CURRENT_FIX_X,CURRENT_FIX_Y", "export a Sample Report"),
        ("User 0_fixations.csv", "MEDIA_ID,TIME,FPOGX,FPOGY,FPOGD", "open User 0_all_gaze.csv"),
        ("smi.txt", "Time,Type,Trial,L Raw X [px],L Raw Y [px]", r"export the point of regard \(POR\)"),
        ("trials.csv", "trial_index,rt,webgazer_data", "save the experiment's data as JSON"),
        ("scanpath.csv", "eye,start_time_ms,end_time_ms,x_px,y_px", "with a start and an end"),
        ("fixations.tsv", "onset,duration,x,y", "with a start and an end"),
    ],
)
def test_file_without_samples_is_refused_with_file_to_open(
    tmp_path: Path, name: str, header: str, words: str
) -> None:
    path = tmp_path / name
    path.write_text(f"{header}\n" + ",".join("1" for _ in header.split(",")) + "\n")
    with pytest.raises(ValueError, match=rf"^{path.name.replace('(', '.')} .*{words}"):
        read_recording(path)


@pytest.mark.parametrize("suffix", ["physioevents", "events"])
def test_bids_events_are_refused_with_file_of_samples(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"sub-01_task-look_recording-eye1_{suffix}.tsv"
    path.write_text("1\t2\n")
    with pytest.raises(ValueError, match=r"holds events, not samples: open sub-01_.*eye1_physio\.tsv\.gz"):
        read_recording(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"SR_RESEARCH_COMBO\0", "EyeLink EDF: convert it to text with SR Research's edf2asc"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"PK\x03\x04", "spreadsheet"),
    ],
)
def test_binary_file_is_refused_with_remedy(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "eye.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"^eye\.txt is an? .*{words}"):
        read_recording(path)
