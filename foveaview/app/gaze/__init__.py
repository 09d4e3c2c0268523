"""Where the person looks: the source of gaze, its panel, badge and delays."""
