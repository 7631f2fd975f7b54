"""Pages call functions of the core; the import contract in pyproject.toml keeps models and SQL out of them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "pages").rglob("*.py"))


def test_no_page_opens_a_database_session() -> None:
    for path in PAGES:
        source = path.read_text()
        assert not [call for call in (".reading(", ".writing(", ".engine.connect(") if call in source], path


def test_the_walk_meets_the_pages() -> None:
    assert len(PAGES) > 50
