"""What frames the features: menus, docks, toolbar, status bar and messages."""
