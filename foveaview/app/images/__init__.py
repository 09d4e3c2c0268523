"""The images in the window: panes, their items, targets and presentation."""
