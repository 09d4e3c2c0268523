"""Live streams of gaze in the window: chosen, mapped, followed, and known again."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import JsonValue

from foveaview.app.context import AppContext, Feature
from foveaview.app.core.session_part import SessionPart
from foveaview.app.gaze import GazeController
from foveaview.app.streams.mapping_dialog import StreamMappingDialog
from foveaview.app.streams.stream_dialog import StreamDialog
from foveaview.gaze import Source
from foveaview.gaze.lsl import (
    KeptStream,
    LslSource,
    Mapping,
    StreamDescription,
    StreamWatch,
    known_mapping,
    propose,
    read_kept,
    remembered,
    written_kept,
)
from foveaview.gaze.lsl.liblsl import library
from foveaview.io.untrusted import one_line

__all__ = ["StreamController"]

_OFFER = "a stream of before"
_ENDS_S = 1.0


class StreamController(Feature):
    """Has the user choose a stream, and lets the gaze follow it.

    Args:
        context: what every feature is given.
        gaze: follows a stream.
        published: ids of the streams that this window publishes, which it does not offer.

    Attributes:
        dialog: the list of streams, while it is open.
        mapping_dialog: what asks for the channels, while it is open.
        kept: what was followed, the newest first.
        shown: what this window followed last, None if it followed no stream.
    """

    def __init__(
        self, context: AppContext, gaze: GazeController, published: Callable[[], tuple[str, ...]]
    ) -> None:
        super().__init__(context)
        self._gaze, self._published = gaze, published
        self.dialog: StreamDialog | None = None
        self.mapping_dialog: StreamMappingDialog | None = None
        self.kept: list[KeptStream] = []
        self.shown: KeptStream | None = None
        self._source: LslSource | None = None
        self._comes_back = False
        self._watch: StreamWatch | None = None
        self._load()
        context.sessions.add_part("stream", SessionPart(self.save, self.restore))
        gaze.followed.connect(self._note)
        tip = "The gaze of an eye tracker, over the Lab Streaming Layer"
        gaze.panel.add_button("Follow a s&tream...", tip, self.choose)
        context.actions.add("Gaze", "follow_stream", "Follow a st&ream...", self.choose, tip=tip)
        tip = "Even if it is not there yet: the gaze follows once it appears"
        context.actions.add("Gaze", "follow_last", "Follow the last stream &again", self.follow_last, tip=tip)

    @property
    def is_followed(self) -> bool:
        """Return True if the gaze follows a stream."""
        return self._source is not None

    @property
    def comes_back(self) -> bool:
        """Return True if a session that was opened followed a stream, and nothing else was chosen since."""
        return self._comes_back

    # choosing

    def choose(self) -> None:
        """Show what streams there are."""
        if self.dialog is not None:
            self.dialog.activateWindow()
            return
        self._watch = StreamWatch(self._published)
        last = self.kept[0].stream if self.kept else None
        self.dialog = StreamDialog(self._watch, self.mapping_of, last, self.context.parent)
        self.dialog.chosen.connect(self._choose)
        self.dialog.mapping_wanted.connect(self.ask)
        self.dialog.finished.connect(self._forget_dialog)
        self.dialog.open()

    def mapping_of(self, stream: StreamDescription) -> Mapping | None:
        """Return the mapping with which a stream was followed before; None if it was not."""
        return known_mapping(self.kept, stream)

    def _choose(self, stream: StreamDescription) -> None:
        proposal = propose(stream)
        mapping = self.mapping_of(stream) or (proposal.mapping if proposal.verdict == "ready" else None)
        if mapping is None:
            self.ask(stream)
        else:
            self.follow(KeptStream(stream, mapping))

    def ask(self, stream: StreamDescription) -> None:
        """Ask what the channels of a stream are, and follow it then."""
        if self.mapping_dialog is not None:
            return
        proposal = propose(stream)
        known = self.mapping_of(stream)
        above = self.dialog or self.context.parent
        dialog = StreamMappingDialog(stream, known, proposal, self._screen(), above)
        dialog.accepted.connect(lambda: self.follow(KeptStream(stream, dialog.mapping())))
        dialog.finished.connect(self._forget_mapping)
        self.mapping_dialog = dialog
        dialog.open()

    def _screen(self) -> tuple[int, int]:
        """Width and height in pixels of the screen that the window is on."""
        size, ratio = self.context.parent.screen().size(), self.context.parent.devicePixelRatioF()
        return round(size.width() * ratio), round(size.height() * ratio)

    def _forget_dialog(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _forget_mapping(self) -> None:
        if self.mapping_dialog is not None:
            self.mapping_dialog.deleteLater()
            self.mapping_dialog = None

    # following

    def follow(self, kept: KeptStream) -> None:
        """Let the gaze follow a stream, which need not be there yet."""
        try:
            source = LslSource(kept.stream, kept.mapping)
        except (ImportError, ValueError) as error:
            self.context.notify.message(f"{kept.stream.title} cannot be followed: {error}")
            return
        self._remember(kept)
        self._source = source
        self._gaze.follow(source)
        if self.dialog is not None:
            self.dialog.accept()

    def follow_last(self) -> None:
        """Follow the last stream again; show the list of streams if there is none."""
        last = self.shown or (self.kept[0] if self.kept else None)
        if last is None:
            self.choose()
        else:
            self._follow_later(last)

    def _follow_later(self, kept: KeptStream) -> None:
        """Follow once the library is loaded, which takes too long for the window's own thread."""
        self.context.controller.ask(lambda _renderer: bool(library()), lambda _there: self.follow(kept))

    def _note(self, source: Source | None) -> None:
        """Something is followed, or nothing any more."""
        if source is not None:
            self.context.notify.dismiss(_OFFER)
        if source is not self._source:
            self._source, self._comes_back = None, False

    # kept values

    def _remember(self, kept: KeptStream) -> None:
        def with_it(text: str | None) -> str:
            others = [] if text is None else read_kept(text)[0]
            return written_kept(remembered(others, kept))

        self.shown = kept
        self.kept, _ = read_kept(self.context.preferences.change_streams(with_it))

    def _load(self) -> None:
        text = self.context.preferences.streams
        if text is None:
            return
        self.kept, problem = read_kept(text)
        if problem:
            aside = self.context.preferences.set_streams_aside()
            self.context.notify.message(
                f"the streams that were followed before cannot all be read: {one_line(problem)} "
                f"(the preferences keep them as {aside})"
            )

    def save(self) -> JsonValue:
        """Return the part of a session."""
        if self.shown is None:
            return None
        kept = self.shown.to_json()
        assert isinstance(kept, dict)
        return {**kept, "followed": self.is_followed}

    def restore(self, kept: JsonValue) -> None:
        """Follow what a session followed, also if it is not there yet; offer what it did before."""
        self._comes_back = False
        if not isinstance(kept, dict):
            return
        try:
            stream = KeptStream.from_json(kept)
        except ValueError as error:
            self.context.notify.message(f"the session's stream of gaze was not taken: {error}")
            return
        self.shown = stream
        if kept.get("followed") is True:
            self._comes_back = True
            self._follow_later(stream)
        else:
            self.context.notify.banner(
                f"The gaze of this session followed {stream.stream.title}.",
                actions=[("Follow it again", self.follow_last)],
                topic=_OFFER,
            )

    # the end

    def close(self) -> None:
        """End what looks and receives; `wait` sees to it that it has ended."""
        for dialog in (self.mapping_dialog, self.dialog):
            if dialog is not None:
                dialog.reject()

    def wait(self) -> None:
        """Give the threads time to end; they take up to half a second each, at the same time."""
        for one in (self._watch, self._source):
            if one is not None:
                one.wait(_ENDS_S)
