"""Forms in boxes with titles, one below the other."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QGroupBox, QVBoxLayout

__all__ = ["GroupedForms"]


class GroupedForms:
    """Makes a box with a form for each title, at the end of a column, when it is first asked for.

    Args:
        column: layout that receives the boxes.
        spacing: between two rows, in px.
    """

    def __init__(self, column: QVBoxLayout, spacing: int = 4) -> None:
        self._column, self._spacing = column, spacing
        self._forms: dict[str, QFormLayout] = {}

    def form(self, title: str) -> QFormLayout:
        """The form in the box of that title."""
        if title not in self._forms:
            box = QGroupBox(title)
            form = QFormLayout(box)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            form.setContentsMargins(8, self._spacing + 2, 8, 2 * self._spacing)
            form.setVerticalSpacing(self._spacing)
            self._column.addWidget(box)
            self._forms[title] = form
        return self._forms[title]
