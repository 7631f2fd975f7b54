"""What every page uses: session, style, widgets, charts, addresses."""
