"""Files in and out: opened and bounded, read and written whole."""
