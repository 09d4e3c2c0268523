"""A progress bar on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_bar"]


@contextmanager
def progress_bar(total: int, shown: bool) -> Iterator[Callable[[float | None, str], None]]:
    """Give a function that advances a bar by one step and shows a loss and a word beside it.

    >>> with progress_bar(1, shown=False) as advance:
    ...     advance(0.5, "")
    """
    if not shown:
        yield lambda _loss, _word: None
        return
    # loaded only if a bar is drawn
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    text = TextColumn("{task.fields[word]} loss {task.fields[loss]}")
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), text)
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("synthesis", total=total, word="", loss="-")

        def advance(loss: float | None, word: str) -> None:
            bar.update(task, advance=1, word=word, loss="-" if loss is None else f"{loss:.4e}")

        yield advance
