"""The window: the only part of foveaview that imports Qt."""
