"""Delimiters, quotes and escapes of text files: the rows that they give, and the hints for files that hide columns."""

from pathlib import Path

import pytest

from getsms_core.contacts.validation import check_list
from getsms_core.spreadsheet import read
from tests.each_case import each_case
from tests.unit.spreadsheet.reading import ALI, LOLA, people, refusal, write

ADDRESSES = ("Toshkent, Chilonzor, 5-mavze, 12", "Buxoro, Gʻijduvon, 7, 1")


@pytest.mark.parametrize(
    "content",
    [
        "Ali,998901234567,Toshkent\n",
        "Ali;998901234567;Toshkent, 5\n",
    ],
)
@pytest.mark.parametrize("quotes", ["''", "“”"])
def test_whole_lines_in_other_quotes_are_refused_by_name(tmp_path: Path, content: str, quotes: str) -> None:
    line = quotes[0] + content.strip() + quotes[1] + "\n"
    assert refusal(write(tmp_path / "a.csv", line * 3)).code == "quoted-lines"


@pytest.mark.parametrize(
    "content",
    [
        "Ali,998901234567,Toshkent\n",
        "Ali;998901234567;Toshkent, 5\n",
    ],
)
def test_whole_lines_in_quotes_are_refused_by_name(tmp_path: Path, content: str) -> None:
    quoted = "".join('"' + line.replace('"', '""') + '"\r\n' for line in [content.strip()] * 3)
    assert refusal(write(tmp_path / "a.csv", quoted)).code == "quoted-lines"
    assert refusal(write(tmp_path / "b.csv", "Ism,Telefon,Shahar\r\n" + quoted)).code == "quoted-lines"
    trailing = quoted.replace('"\r\n', '";;\r\n')
    assert refusal(write(tmp_path / "c.csv", trailing)).code == "quoted-lines"


@pytest.mark.parametrize("numbers", ["998901234567", "998901234567, 998931234568"])
def test_numbers_in_quotes_are_no_hidden_columns(tmp_path: Path, numbers: str) -> None:
    assert read(write(tmp_path / "a.csv", f'"{numbers}"\n' * 3)).table["A"].to_pylist() == [numbers] * 3


@pytest.mark.parametrize("delimiter", ["~", "^", "#", "*", ":"])
def test_an_uncommon_delimiter_gets_a_hint_and_can_be_given(tmp_path: Path, delimiter: str) -> None:
    rows = [("Ali", "998901234567", "Toshkent, 5"), ("Lola", "998931234568", "Buxoro, 7, 1")]
    path = write(tmp_path / "a.csv", "".join(delimiter.join(row) + "\n" for row in rows))
    error = refusal(path)
    assert (error.code, f"“{delimiter}”" in error.message) == ("uncommon-delimiter", True)
    assert people(path, delimiter=delimiter) == [(1, "Ali", ALI), (2, "Lola", LOLA)]


@pytest.mark.parametrize(
    "lines",
    [
        [
            "Ism            Telefon        Shahar",
            "Ali            998901234567   Toshkent",
            "Lola           998931234568",
        ],
        ["Ali            998901234567Toshkent", "Vali Karimov   998901234568Buxoro", "Lola           998931234568Xiva"],
        ["Ali    +998 90 123-45-67  Toshkent", "Lola   +998 93 123-45-68  Buxoro"],
        ["998901234567  Ali Karimov", "998931234568  Lola", "998931234569  Vali"],
        ["998901234567 Ali      Toshkent", "998931234568 Lola     Buxoro"],
        ["Ali   901234567 Toshkent", "Lola  931234568 Buxoro", "Valijo971112233 Xiva"],
    ],
)
def test_columns_of_fixed_width_get_a_hint(tmp_path: Path, lines: list[str]) -> None:
    assert refusal(write(tmp_path / "a.txt", "\r\n".join(lines))).code == "fixed-width"


def test_numbers_with_two_spaces_inside_are_one_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "998 90 123 45 67\n998 93  123 45 68\n998 93  123 45 69\n")
    assert [phone for _, _, phone in people(path)] == [ALI, LOLA, LOLA + 1]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("header", ["", "Ism{0}Telefon{0}Manzil\n"])
def test_the_delimiter_that_yields_a_phone_column_wins_over_commas(tmp_path: Path, delimiter: str, header: str) -> None:
    lines = [
        f"Ali{delimiter}998901234567{delimiter}{ADDRESSES[0]}",
        f"Lola{delimiter}998931234568{delimiter}{ADDRESSES[1]}",
    ]
    path = write(tmp_path / "a.csv", header.format(delimiter) + "\n".join(lines) + "\n")
    sheet = read(path)
    assert sheet.delimiter == delimiter
    assert sheet.table.columns[2].to_pylist() == list(ADDRESSES)
    assert [phone for _, _, phone in people(path)] == [ALI, LOLA]


@pytest.mark.parametrize(
    "content",
    [
        "Toshkent, Chilonzor, 5;998901234567\nBuxoro, Jondor, 7;998931234568\n",
        "998901234567;1200,50;3,5\n998931234568;800,00;1,5\n",
        "998901234567,Toshkent; 5; 7\n998931234568,Buxoro; 1; 2\n",
        ";998901234567;Toshkent, Chilonzor, 5, 1\n;998931234568;Buxoro, 7, 1, 1\n",
        "Ali;998901234567;Toshkent, Chilonzor\r\nLola;998931234568;Buxoro\r",
    ],
)
def test_commas_of_addresses_and_amounts_do_not_separate(tmp_path: Path, content: str) -> None:
    assert [phone for _, _, phone in people(write(tmp_path / "a.csv", content))] == [ALI, LOLA]


def test_a_first_row_without_a_phone_is_no_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Ali;;Toshkent\nLola;998931234568;Buxoro\nVali;998901234567;Xiva\n")
    assert people(path) == [(1, "Ali", None), (2, "Lola", LOLA), (3, "Vali", ALI)]


@pytest.mark.parametrize(
    "content",
    [
        'Ali, "Toshkent, Chilonzor", 998901234567\nLola, "Buxoro, 5", 998931234568\n',
        '"Ali", "Toshkent, Chilonzor", "998901234567"\n"Lola", "Buxoro, 5", "998931234568"\n',
        'Ism, Manzil, Telefon\r\nAli, "Toshkent, Chilonzor", 998901234567\r\nLola, "Buxoro, 5", 998931234568\r\n',
        ' "Ali, K", Toshkent, 998901234567\n "Lola, M", Buxoro, 998931234568\n',
        'Ali;  "Toshkent; Chilonzor";  998901234567\nLola;  "Buxoro; 5";  998931234568\n',
        'Ali, "Toshkent, ""Chilonzor""", 998901234567\nLola, "Buxoro, 5\nuy", 998931234568\n',
    ],
)
def test_a_space_before_the_quote_does_not_tear_the_cell(tmp_path: Path, content: str) -> None:
    sheet = read(write(tmp_path / "a.csv", content))
    assert sheet.table.num_columns == 3
    assert all('"' not in cell or "Chilonzor" in cell for cell in sheet.table.columns[1].to_pylist())
    assert [phone for _, _, phone in people(tmp_path / "a.csv")] == [ALI, LOLA]


@each_case(
    ("content", "names"),
    [
        ('"Ali \\"Katta, K\\" V",998901234567\n"Lola",998931234568\n', ['Ali "Katta, K" V', "Lola"]),
        ('"MCHJ \\"Nur\\"";998901234567\n"MCHJ \\"Bek\\"";998931234568\n', ['MCHJ "Nur"', 'MCHJ "Bek"']),
        ('"C:\\\\";998901234567\n"\\"Lola\\"";998931234568\n', ["C:\\", '"Lola"']),
        ('"C:\\";998901234567\n"D:\\";998931234568\n', ["C:\\", "D:\\"]),
        ('"Ali, \\"K\\"", 998901234567\n"Lola, \\"K\\"", 998931234568\n', ['Ali, "K"', 'Lola, "K"']),
        ("'Ali, K','998901234567'\n'Lola','998931234568'\n", ["Ali, K", "Lola"]),
        ("'O''ktam; x';'998901234567'\n'Ra''no; y';'998931234568'\n", ["O'ktam; x", "Ra'no; y"]),
        ("“Ali, K”,998901234567\n“Lola, M”,998931234568\n", ["Ali, K", "Lola, M"]),
        ("«Ali; K»;998901234567\n«Lola; M»;998931234568\n", ["Ali; K", "Lola; M"]),
        ('"OOO "Nur, K" MCHJ",998901234567\n"5" truba",998931234568\n', ['OOO "Nur, K" MCHJ', '5" truba']),
        ('"OOO "Nur"";998901234567\n"OOO ""Bek"" X";998931234568\n', ['OOO "Nur"', 'OOO "Bek" X']),
        ("«Nur»;998901234567\n«Bek»;998931234568\n", ["«Nur»", "«Bek»"]),
        ("O'ktam;'998901234567\nG'ani;'998931234568\n", ["O'ktam", "G'ani"]),
    ],
)
def test_escapes_and_other_quotes(tmp_path: Path, content: str, names: list[str]) -> None:
    assert people(write(tmp_path / "a.csv", content)) == [(1, names[0], ALI), (2, names[1], LOLA)]


@pytest.mark.parametrize("at", [0, 1, 200])
def test_a_quote_that_never_closes_swallows_no_row(tmp_path: Path, at: int) -> None:
    lines = [f"Mijoz {row};9989012{row:05};Toshkent" for row in range(300)]
    lines[at] = '"' + lines[at]
    lines[at + 1] = f'"Lola ""K""";9989012{at + 1:05};Toshkent'
    found = people(write(tmp_path / "a.csv", "Ism;Telefon;Shahar\n" + "\n".join(lines)))
    assert [phone for _, _, phone in found] == [998901200000 + row for row in range(300)]
    assert found[at][1] == f'"Mijoz {at}'
    assert found[at + 1][1] == 'Lola "K"'


def test_a_space_before_a_quote_far_below_the_sample_is_found(tmp_path: Path) -> None:
    plain = "".join(f"Mijoz {at}, 9989012{at:05}, Toshkent\n" for at in range(3_000))
    path = write(tmp_path / "a.csv", plain + '"Ali, K", 998931234568, "Xiva, 5"\n')
    assert people(path)[-1] == (3_001, "Ali, K", LOLA)
    assert read(path).table.columns[2].to_pylist()[-1] == "Xiva, 5"


def test_a_backslash_far_below_the_sample_is_found(tmp_path: Path) -> None:
    plain = "".join(f'"Mijoz {at}";9989012{at:05};"Toshkent"\n' for at in range(3_000))
    path = write(tmp_path / "a.csv", plain + '"Ali \\"K; L\\"";998931234568;"Xiva"\n')
    assert people(path)[-1] == (3_001, 'Ali "K; L"', LOLA)


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_excels_line_about_the_delimiter_may_be_in_quotes(tmp_path: Path, line: str, end: str) -> None:
    path = write(tmp_path / "a.csv", "\ufeff" + end.join([line, "Ism;Telefon", "Ali;998901234567", ""]))
    assert people(path) == [(2, "Ali", ALI)]


def test_columns_without_a_name_and_without_cells_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Ism,Telefon,,, ,\nAli,998901234567,,, ,\nLola,998931234568,,x,,\n")
    assert read(path).columns == ["Ism", "Telefon", "D"]
    assert read(write(tmp_path / "b.csv", "Ali,,998901234567\nLola,,998931234568\n")).columns == ["A", "B", "C"]


def test_mixed_line_ends_and_a_mark_lose_no_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"\xef\xbb\xbfIsm;Tel\r\nAli;998901234567\nVali;901234568\r\n\r\nLola;931234568\r")
    assert [row for row, _, _ in people(path)] == [2, 3, 5]


@each_case("titles", ["Mijozlar\n\nSana: 01.12.2026\nNur MChJ\n", "Hisobot\nDavr, 2026\n", ""])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_titles_above_one_or_two_recipients_do_not_hide_the_delimiter(
    tmp_path: Path, titles: str, delimiter: str
) -> None:
    rows = "Ism;Telefon;Manzil\nAli;998901234567;x\nLola;998931234568;y\n".replace(";", delimiter)
    path = write(tmp_path / "a.csv", titles + rows)
    assert [(name, number) for _, name, number in people(path)] == [("Ali", ALI), ("Lola", LOLA)]
    path = write(tmp_path / "b.csv", titles + rows.rpartition("Lola")[0])
    assert [(name, number) for _, name, number in people(path)] == [("Ali", ALI)]


def test_two_numbers_on_two_lines_of_a_cell_stay_in_their_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'Ism;Telefon\nAli;"998901234567\n998931234568"\n')
    assert read(path).table["Telefon"].to_pylist() == ["998901234567\n998931234568"]


def test_numbers_grouped_by_commas_are_one_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "Ali\t998,901,234,567\nLola\t998,931,234,568\n")
    assert people(path) == [(1, "Ali", ALI), (2, "Lola", LOLA)]


@pytest.mark.parametrize("delimiter", ["~", "^"])
@pytest.mark.parametrize(
    "row", ["Ali;998901234567;Toshkent, 5", "Ali;tel: 90 123 45 67", "Ali;+998 90 123-45-67, 931234568;x"]
)
def test_an_uncommon_delimiter_gets_a_hint_whatever_the_cells_hold(tmp_path: Path, delimiter: str, row: str) -> None:
    path = write(tmp_path / "a.csv", f"{row}\n{row}\n".replace(";", delimiter))
    assert refusal(path).code == "uncommon-delimiter"


@pytest.mark.parametrize("lines", [["Ali 998901234567"], ["Ali 901234567", "Lola 931234568"], ["Ali - 90 123-45-67"]])
def test_lines_of_a_name_and_a_number_are_refused_one_by_one(tmp_path: Path, lines: list[str]) -> None:
    checked = check_list(read(write(tmp_path / "a.txt", "\n".join(lines))))
    assert [problem["row"] for problem in checked.problems()] == list(range(1, len(lines) + 1))
    assert all("words beside" in problem["message"] for problem in checked.problems())


@pytest.mark.parametrize("place", ["{}. ", "{}) "])
def test_a_numbered_list_is_read(tmp_path: Path, place: str) -> None:
    lines = [place.format(at) + number for at, number in enumerate(["90 123 45 67", "+998931234568"], 1)]
    assert [number for _, _, number in people(write(tmp_path / "a.txt", "\n".join(lines)))] == [ALI, LOLA]


def test_zeros_at_the_end_of_a_text_are_not_its_content(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"Ism;Telefon\nAli;998901234567\n" + bytes(400))
    assert people(path)[0] == (2, "Ali", ALI)
