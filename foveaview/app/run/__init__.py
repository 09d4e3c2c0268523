"""The search: its panel, settings, presets and loss plot."""
