"""What all tests of pages share."""

from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner


@pytest.fixture(scope="session", autouse=True)
def _one_scan_for_components() -> None:
    """AppTest reads the metadata of every installed package before each run of a page, to find components: three
    quarters of the time of a run. They do not change during the tests."""
    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
