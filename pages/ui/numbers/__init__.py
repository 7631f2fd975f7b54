"""Parts of the page of a number."""
