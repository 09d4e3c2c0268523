"""The frame around the features: menus, docks, toolbar, status bar and messages."""
