"""Searches and metamers in files, those of plenoptic too."""
