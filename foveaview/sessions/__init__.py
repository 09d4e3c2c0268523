"""Sessions and presets as files."""
