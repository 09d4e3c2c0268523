"""Parts of reading a table of gaze: kinds of columns, messages, and several recordings in one."""
