"""Formats of some makers: tables with known columns, and files that hold no samples."""
