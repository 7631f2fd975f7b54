"""Makes the sample lists under data/: `python -m tests.make_samples`. The same bytes of content every time.

sample_clean.xlsx, sample_clean.csv   500 recipients, nothing wrong
sample_errors.xlsx                    every way of writing a number and every error, told in its column Izoh
sample_errors.csv                     the same in Cyrillic Windows-1251 with semicolons, as Excel here saves it
"""

import csv
import datetime
import io
import random
import sys
import zipfile
from pathlib import Path

import openpyxl
from openpyxl.styles import Font

DATA = Path(__file__).resolve().parent.parent / "data"
_MADE = datetime.datetime(2026, 1, 1)  # a file's own dates would make it another file every time

FIRST = {
    "a": "Aziza Dilnoza Gulnora Kamola Lola Madina Malika Munisa Nargiza Nigora Nilufar Sabina Sevara Shahnoza Zarina",
    "": "Akmal Alisher Anvar Aziz Bekzod Botir Doniyor Farrux Jasur Javohir Kamron Otabek Rustam Sardor Ulugʻbek",
}
LAST = (
    "Abdullayev Aliyev Axmedov Ergashev Fayziyev Hamidov Ismoilov Karimov Mirzayev Nazarov Normatov Qodirov Rahimov "
    "Rasulov Sobirov Toshmatov Usmonov Xasanov Yusupov Zokirov"
)
CITIES = "Toshkent Samarqand Buxoro Andijon Namangan Fargʻona Nukus Qarshi Termiz Urganch Jizzax Navoiy Guliston"
# Mobile in every metadata release so far; a test checks each sample number against phonenumbers.
CODES = "90 91 93 94 95 97 99 88 33 50"

HEADER = ["Ism", "Telefon", "Shahar", "Summa"]
CLEAN = 500

ERRORS: list[tuple[str, object, str]] = [
    ("Aziza Karimova", 998901234501, "toʻgʻri yozilgan"),
    ("Bekzod Aliyev", "998931234502", "toʻgʻri, matn sifatida"),
    ("Dilnoza Rahimova", "+998 90 123-45-03", "plyus, boʻshliq va chiziqcha"),
    ("Jasur Nazarov", "(94) 123 45 04", "qavslar, mamlakat kodisiz"),
    ("Kamola Usmonova", "998\u00a091\u00a0123\u00a045\u00a005", "uzilmas boʻshliqlar"),
    ("Lola Ergasheva", "'998951234506", "old tomonida apostrof"),
    ("Sardor Qodirov", "971234507", "toʻqqiz xonali mahalliy raqam"),
    ("Madina Yusupova", "8 99 123 45 08", "eski shaharlararo 8"),
    ("Otabek Sobirov", "0 90 123 45 09", "boshida 0"),
    ("Nargiza Hamidova", "00998901234510", "xalqaro 00"),
    ("Rustam Zokirov", "998901234511.0", "kasr songa aylangan"),
    ("Sevara Xasanova", "9.98901234512E+11", "ilmiy koʻrinish, hamma raqami bor"),
    ("Anvar Mirzayev", "99890l2345I3", "1 oʻrnida l va I harflari"),
    ("Zarina Rasulova", "9989O1234514", "0 oʻrnida O harfi"),
    ("Farrux Normatov", "９９８９０１２３４５１５", "keng (full-width) raqamlar"),
    ("Malika Fayziyeva", "٩٩٨٩٠١٢٣٤٥١٦", "arab raqamlari"),
    ("Alisher Toshmatov", "tel: 90 123 45 17", "raqam yonida soʻz"),
    ("Nilufar Ismoilova", "\u202a+998 90 123 45 18\u202c", "koʻrinmas belgilar (kontaktdan nusxa)"),
    ("Akmal Axmedov", None, "raqam yoʻq"),
    ("Sabina Abdullayeva", "-", "raqam oʻrnida chiziqcha"),
    ("Doniyor Karimov", "keyin aytadi", "soʻz yozilgan"),
    ("Gulnora Aliyeva", "9.98901E+11", "oxirgi raqamlar yoʻqolgan"),
    ("Javohir Rahimov", "901234523, 911234523", "bitta katakda ikkita raqam"),
    ("Munisa Nazarova", "90 123 45 24\n91 123 45 24", "ikki qatorda ikkita raqam"),
    ("Kamron Usmonov", "71 123 45 25", "shahar (statsionar) telefoni"),
    ("Shahnoza Ergasheva", "+998 78 150 00 26", "shahar telefoni, 78"),
    ("Sherzod Qodirov", "+7 912 345-67-27", "Rossiya raqami"),
    ("Nigora Yusupova", "79123456728", "Rossiya raqami, plyussiz"),
    ("Botir Sobirov", "998101234529", "hech kimga tegishli boʻlmagan kod"),
    ("Aziz Hamidov", "99890123453", "bitta raqam kam"),
    ("Kamola Zokirova", "9989012345312", "bitta raqam ortiq"),
    ("Ulugʻbek Xasanov", "90 123 45 32 ext 5", "ichki raqam bilan"),
    ("Lola Mirzayeva", "+998 90 123 45 01", "takror: birinchi qatordagi raqam"),
    ("Rustam Rasulov", "931234502", "takror: ikkinchi qatordagi raqam, boshqacha yozilgan"),
    ("=1+1", "998901234535", "ismi formulaga oʻxshaydi"),
    ("<b>Zarina</b>", "998901234536", "ismida HTML"),
    ("Sardor; Malika", "998901234537", "ismida nuqta-vergul"),
    ("Zilola Karimova", "#N/A", "jadval dasturining xatosi"),
    ("Ulugʻbek Aliyev", "=B2", "hisoblanmagan formula"),
    ("Dilshod Karimov", "998901234540, 90 123 45 40", "bitta raqam ikki marta"),
    ("Feruza Aliyeva", "https://wa.me/998901234541", "WhatsApp havolasi"),
    ("Ravshan Tursunov", "📞 90/123-45-42", "belgi va qiya chiziq bilan"),
    ("Zuhra Saidova", "p:+998901234543", "reklama shaklidan (Meta)"),
    ("Oybek Nurmatov", "\\N", "maʼlumotlar bazasidan boʻsh qiymat"),
    ("Sanjar Ergashev", "998998901234544", "mamlakat kodi ikki marta"),
    ("Barno Saidova", "20.12.2026 5", "raqam oʻrnida sana"),
    ("Tohir Nurmatov", "901234546 Tohir", "raqam yonida boshqa soʻz"),
]


def clean_rows() -> list[list[object]]:
    """500 recipients with different numbers: name, phone as a number, city, sum in soʻm."""
    chance = random.Random(20260101)
    rows: list[list[object]] = []
    for index in range(CLEAN):
        ending = chance.choice(["a", ""])
        name = f"{chance.choice(FIRST[ending].split())} {chance.choice(LAST.split())}{ending}"
        phone = int(f"998{chance.choice(CODES.split())}{chance.randrange(10_000):04d}{index:03d}")
        rows.append([name, phone, chance.choice(CITIES.split()), chance.randrange(50, 5_000) * 1_000])
    return rows


def error_rows() -> list[list[object]]:
    """Every error and every repair, with what each row shows."""
    chance = random.Random(7)
    return [[name, phone, chance.choice(CITIES.split()), 150_000, note] for name, phone, note in ERRORS]


def _save(path: Path, header: list[str], rows: list[list[object]], blank_after: int = 0) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Mijozlar"
    sheet.append(header)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number, row in enumerate(rows, 1):
        sheet.append(row)
        for cell in sheet[sheet.max_row]:
            if isinstance(cell.value, str):
                cell.data_type = "s"  # "=1+1" is a name here, not a formula
            elif cell.column == 2:
                cell.number_format = "0"
        if number == blank_after:
            sheet.append([])
            sheet.cell(sheet.max_row + 1, 1, " ")
    for letter, width in zip("ABCDE", (24, 24, 14, 12, 52), strict=True):
        sheet.column_dimensions[letter].width = width
    book.properties.created = book.properties.modified = _MADE
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():  # openpyxl stamps the hour of the day into the archive and into core.xml
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _undated(content)
            target.writestr(zipfile.ZipInfo(entry.filename, _MADE.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)


def _undated(core: bytes) -> bytes:
    begin, end = core.index(b"<dcterms:modified"), core.index(b"</dcterms:modified>")
    opening = core[begin : core.index(b">", begin) + 1]
    return core[:begin] + opening + _MADE.strftime("%Y-%m-%dT%H:%M:%SZ").encode() + core[end:]


def make(folder: Path) -> None:
    """Write the four sample files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _save(folder / "sample_clean.xlsx", HEADER, clean_rows())
    _save(folder / "sample_errors.xlsx", [*HEADER, "Izoh"], error_rows(), blank_after=20)
    with (folder / "sample_clean.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, *clean_rows()])
    with (folder / "sample_errors.csv").open("w", encoding="cp1251", newline="", errors="replace") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Имя", "Телефон", "Город", "Сумма", "Примечание"])
        for name, phone, city, amount, note in error_rows():
            if b"?" in str(phone).encode("cp1251", "replace"):
                continue  # digits that this encoding cannot write
            writer.writerow([_cyrillic(str(name)), phone, _cyrillic(str(city)), amount, _cyrillic(str(note))])


_PAIRS = {"sh": "ш", "ch": "ч", "yo": "ё", "yu": "ю", "ya": "я", "ye": "е", "oʻ": "ў", "gʻ": "г", "ts": "ц"}
_SINGLE = dict(zip("abdefghijklmnopqrstuvxyzʻ", "абдефгхижклмнопкрстувхйзъ", strict=True))


def _cyrillic(text: str) -> str:
    """Uzbek in the letters that Windows-1251 has; enough for a sample, no transliterator."""
    converted, at = "", 0
    while at < len(text):
        pair, letter_now = text[at : at + 2], text[at]
        letter = _PAIRS.get(pair.lower()) or _SINGLE.get(letter_now.lower(), letter_now)
        converted += letter.upper() if letter_now.isupper() else letter
        at += 2 if pair.lower() in _PAIRS else 1
    return converted


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
