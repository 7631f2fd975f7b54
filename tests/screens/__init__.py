"""Every page in a real browser: screenshots (`make screenshots`) and accessibility (`make browser-matrix`)."""
