"""Where the user looks: the source of gaze, its panel, badge and delays."""
