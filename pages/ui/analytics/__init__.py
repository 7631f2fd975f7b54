"""Analytics and reports."""
