"""Parts of reading a gaze table: kinds of columns, messages, and several recordings in one table."""
