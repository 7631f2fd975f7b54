"""Words that stay in Latin letters in a Cyrillic text: brands, abbreviations and English words."""

import re
from pathlib import Path


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\S+", text))


def words_in(name: str) -> frozenset[str]:
    """Return the words of a file beside this one; lines that begin with # are remarks."""
    return _words(re.sub("(?m)^#.*", "", (Path(__file__).parent / name).read_text("utf-8")))


NAMES = _words(
    """
    Click Payme Uzum Humo UzCard Uzcard Visa Mastercard MasterCard Korzinka Makro OLX Ucell Beeline Mobiuz Uzmobile
    Perfectum Samsung Galaxy Xiaomi Redmi Huawei Honor LG Artel Google Gmail Apple Android YouTube TikTok WhatsApp
    Facebook iPhone
    SMS MMS USSD PIN CVV IMEI IBAN Hz kHz MHz GHz mAh SQL UI UX QA PHP Java DHL MDIS
    QR USB USD EUR UZS LED XL XXL GPS NFC PDF ID
    Instagram Viber Messenger Twitter LinkedIn Snapchat Pinterest Zoom Skype Netflix Spotify Amazon AliExpress
    Alibaba Wildberries Ozon Asaxiy Texnomart Mediapark Idea Olcha Elmakon Goodzone Zoodmall Express24 Yandex MyTaxi
    Bolt Uber Lexus Toyota Hyundai Kia Chevrolet Cobalt Gentra Nexia Damas Onix Malibu Spark Matiz Captiva
    Equinox Tahoe
    Tracker Lacetti Labo Traverse Sportage Sorento Seltos Tucson Sonata Camry Corolla Prado
    BYD Chery Haval Jetour Tesla BMW Mercedes Audi Volkswagen Renault Skoda Ford Nissan Mazda Honda
    Sony Panasonic Philips Bosch Siemens Dyson Electrolux Indesit Beko Midea Haier Hisense Vivo Oppo Realme Nokia
    Infinix Tecno Poco OnePlus Motorola Lenovo Asus Acer Dell HP Intel AMD Nvidia Canon Epson Microsoft Windows Office
    MacBook iPad iMac AirPods Macbook Ipad Airpods Iphone iOS PlayStation Xbox Nintendo Steam Nike Adidas Puma Reebok
    Zara Gucci Prada Chanel Dior Rolex Ikea IKEA Lacoste Levis Bershka Terranova LCWaikiki Waikiki Defacto Koton
    Colins Selfie Coca-Cola Pepsi Fanta Sprite Nestle Nescafe Lipton Danone Snickers Mars Twix Oreo Lays Pampers Huggies
    Dove Nivea Garnier Loreal Oriflame Faberlic Amway Avon KFC Evos EVOS Feedup Oqtepa Safia Bellissimo Burger King
    Starbucks McDonalds MaxWay Chopar Wendys Hilton Hyatt Marriott Wyndham Ramada Emirates Lufthansa FlyDubai
    Les Ailes Delonghi Bork Polaroid Multilevel TBC Paynet Upay Alif Zoodpay Unired
    Mirpay Unionpay UnionPay PayPal Binance Bitcoin Ethereum ChatGPT OpenAI Gemini Udemy Coursera Duolingo Cambridge
    Oxford Webster Inha Amity Westminster PDP Mohirdev Proweb Astrum
    IELTS TOEFL CEFR SAT GRE GMAT ACCA CIMA IT AI HR PR VIP SMM SEO CRM ERP POS ATM DVD CD HD UHD FHD QLED OLED AMOLED
    SSD HDD RAM CPU GPU LTE VPN URL HTML CSS API MBA PhD MVP B2B B2C KPI CEO CFO CTO DJ UFC BBC CNN
    Airbnb Lukoil UNG OneID MyID MyGov Photoshop Figma Canva Trello Notion Jira Slack Telegram Tefal Braun LEGO Massimo
    Dutti Uniqlo Dodo Johns Glovo Unistream NBU SQB Oxbridge Registan Invitro Shell Helix Michelin Hankook Pirelli
    Bridgestone Yokohama Makita Knauf Rehau Ariel Tide Persil Libero Nestogen Greenfield Jacobs Monarch Cheetos Flint
    Pringles RedBull Tiggo Sonet Elantra Jolion Geely Monjaro Champion Shivaki Avalon Beston Hoffmann Barcelona Chelsea
    Juventus Bayern Liverpool BI RS LTZ LTD LLC Sello Intend Bringo Alifshop Radisson Sheraton
    Pegasus MAN DAF IMO EXPO Papa Lada Vesta Haval Chery
    STEM OTP CVC SWIFT FIFA UEFA NBA NHL NASA NATO USD USDT EUR UZS GBP PDF GPS DNA MBTI TEDx CNG LNG LPG LCD OEM
    Miniso Karcher Benz Akfa Medline Wolt Uklon InDrive inDrive Yango Gorenje Ariston Vestel Vitek Rowenta Moulinex
    Kenwood Casio Tissot Seiko Volvo Scania Porsche Ferrari Bentley Jaguar Peugeot Citroen Infiniti Subaru Suzuki
    Mitsubishi Opel Fiat Zeekr Exeed Omoda Jaecoo Hongqi Changan Dongfeng Leapmotor Deepal Stradivarius Oysho Decathlon
    Skechers Timberland Crocs Converse Asics Fila Lego Barbie Ferrero Raffaello Nutella Milka Bounty Mirinda Schweppes
    Borjomi Hydrolife Nesquik Maggi Knorr Sensodyne Colgate Gillette Rexona Domestos Fairy Lenor Paylov Multicard
    GitHub Discord Reddit Twitch Roblox Minecraft Fortnite Valorant CapCut Excel PowerPoint AutoCAD Bitrix WordPress
    Docker React Angular Django Laravel Kotlin Flutter Claude Copilot Midjourney Sinotruk Faberlic Hermes Cartier
    Versace Valentino Kenzo Lavazza Nespresso Illy Barilla Activia DevOps JavaScript TypeScript Node Linux macOS
    STOP START INFO HELP UNESCO UNICEF ISO SPA AMG GTX RTX XS XXXL RGB FAQ SIM eSIM Wi-Fi WiFi Bluetooth
    """
) | words_in("brands.txt")
"""Names and abbreviations that Uzbek writes in Latin letters in either script, as they are written."""

OF_SEVERAL_WORDS = re.compile(
    r"\b(?:Real Madrid|La Liga|Inter Milan|Tom Ford|Tom Tailor|Ray-Ban|Dr\. Jart|S Pen|Li Auto|Spider-Man|Super Mario"
    r"|Dolce Vita|Dolce & Gabbana|Dolce Gabbana|Air Astana|Santa Fe|Golden House|Silk Road|Alfa Romeo|Alpen Gold"
    r"|Kinder (?:Surprise|Joy|Bueno)|Tic Tac|Gala Dinner|Gong Cha|Gloria Jeans|Trust Bank|Bravo Market|Tank 300"
    r"|Mini Cooper|Smart TV|Candy Crush|Rolls[ -]Royce|Aston Martin|Hugo Boss|Pierre Cardin|Zara (?:Man|Home)"
    r"|Papa John(?:['’]?s)?|Costa Coffee|Google Meet|i-SENSYS|Centrum Air|Air Arabia|AQUA LIFE|Power Bank|Mock [Tt]est"
    r"|Welcome [Bb]onus|Mortal Kombat|Oson(?= (?:ilova|dorixona|apteka))|Open Day|Master Class"
    r"|(?:Face|Touch|Apple) ID|(?:Premier|Champions) League)\b"
)
"""Names whose words are, one by one, like words of Uzbek."""

ORDINARY_IN_UZBEK = _words(
    """
    idea mars safia office zoom it ai pr hr sat bolt spark makro humo honor artel ford king selfie sim iso alif vivo
    steam astrum dodo champion registan ariel tide persil libero jacobs monarch flint sonet helix shell braun avalon
    """
)
"""Names that are Uzbek words in small letters: they are names only where they are written as in `NAMES`."""

NAMES_ANY_CASE = (
    frozenset(name.casefold() for name in NAMES if not (name.isupper() and len(name) <= 4)) - ORDINARY_IN_UZBEK
)
"""Names in whatever letters they are written; abbreviations only in capitals, because "Suv" and "Pos" are words."""

NAMES_IN_SMALL_LETTERS = _words(
    """
    iphone ipad macbook airpods samsung xiaomi redmi huawei apple android google gmail youtube tiktok whatsapp facebook
    instagram telegram viber twitter linkedin netflix spotify amazon aliexpress alibaba wildberries asaxiy texnomart
    mediapark yandex payme uzcard mastercard olx ucell beeline mobiuz uzmobile chevrolet toyota hyundai kia tesla
    microsoft windows playstation bluetooth paynet
    """
)
"""Names that are no words of Uzbek, so that they are names in small letters too."""

ENGLISH = _words(
    """
    online offline sale black friday white week weekend day days happy hour hours free gift gifts card cards
    cashback discount off new best good time times shop shopping store mall outlet delivery food fresh
    coffee house home city tower plaza residence resort village garden green blue gold silver diamond platinum
    business first last one two three all more less only today tomorrow now here there
    love you your our with get buy play game games
    show live stream music movie cinema kids baby girl boys women woman lady beauty hair nail nails
    body face skin care health dental clinic medical pharmacy drugstore gym fight training coach
    school academy college university education learning learn english speaking grammar writing reading listening
    level elementary intermediate upper advanced beginner starter foundation course teacher support
    summer winter spring autumn season holiday holidays christmas year birthday party event events night
    hello hi bye thanks thank please welcome enjoy follow like share save link bio code update
    watch phone phones tablet laptop computer gaming keyboard mouse headphone headphones speaker charger power
    wireless fast speed charge quick big small large medium size full light dark
    street road avenue airport airlines airways travel flight hotel booking
    finance invest investment trade trading leasing insurance loan money cash
    cook cooking kitchen burger burgers chicken beef hotdog steak salad bakery cake cakes sweet
    world life style fashion look boutique jewelry perfume collection
    print digital development developer software hardware frontend backend fullstack startup junior middle
    senior team leader leadership challenge quest quiz championship cup league
    unlimited limited edition exclusive special offer offers deal deals cool nice
    quality warranty guarantee customer loyalty member membership
    monday tuesday wednesday thursday friday saturday sunday cyber arrivals arrival take away touch app machine
    massage station summit delivered delivering not golden buildings building boulevard next sound
    planet tashkent samarkand bukhara uzbekistan four five hundred price prices estate
    combo express fitness valid minutes terms dear customer received appointment payment guests
    opening evening morning winning planning cleaning
    union science data brow boom steak tea juice milk bread slice cheese chocolate sugar
    wash clean repair class masterclass open air closed soon coming scan download
    install logout sign account password settings support help desk call back
    rent sell auction wholesale retail
    use flash hurry apply ends expires expired confirm confirmed cancelled verify verification balance bill paid pickup
    collect driver arriving arrived unsubscribe reply claim ticket tickets table seat number call visit last chance
    dinner lunch breakfast brunch family friends
    rush adrenaline energy drink drinks water
    spanish italian russian korean turkish arabic chinese japanese european american british wellness korea
    barber barbershop
    germany france china japan italy spain russia europe malaysia singapore canada australia poland hungary austria
    sweden norway denmark finland scotland ireland greece egypt mexico brazil
    """
) | words_in("english_words.txt")
"""English words that are not Uzbek words too: those of advertising, and the usual ones."""

NAMES_BESIDE_A_NAME = _words(
    """
    super max pro plus ultra mega mini lite air note smart market bank park club center centre studio auto 
    fitness express group holding trade invest service media digital tech mobile sim premium standard prime
    deluxe luxe royal grand star sport sports gallery fest forum hub lab zone box drive taxi wash spa bar cafe pub
    lavash model song final pizza bank nasiya slim hot
    la le el de del di van von mr mrs
    king queen series edition se fold flip tab buds watch x s z a m se mode line art hall arena
    """
)
"""Capitalised words that are part of a name beside another one ("iPhone 15 Pro Max", "Super Sale", "IT Park") and
words of Uzbek elsewhere ("Super taklif")."""

UZBEK_ABBREVIATIONS = _words(
    """
    OTM MFY IIB IIV IIBB DXX FVV SSV MIB BMT OAV AOKA QQS NDS STIR INN QK XK MRT KT UZI EKG EEG MSKT DTM TDPU
    TDYU TDTU TTA TTZ TMI TIF SBU YTT AJ OAJ JSST MDH AQSH BAA JST JEK TSJ GES TES AES DAN YHXB YPX DYHXX GAI
    ERI MFO JK FK JPK XDP SSR SHT DSQ DSI BXM EKIH MHB UZB OBI OITS VICH KTI TKTI JIDU SamDU BuxDU QDU ADU NDU
    FDU TDSHU KDP TPS SES DTS SMS MMS DPI ABS MTM QVP OAK PTB MFI BRV OOO ZAO AKB PFK FHDYO ROVD UVD XTB XTV QR
    GSM KVN VAO TAT BXT ATB
    """
)
"""Abbreviations that Uzbek writes in the letters of the text."""

HEADS_OF_NAMES = _words(
    """
    buildings building garden gardens tower towers residence city clinic school academy college university house home
    travel group market plaza mall hotel resort village coffee kindergarten club center centre studio gallery fitness
    express medical dental beauty fashion style shop store outlet pharmacy airlines airways pro plus air park invest
    trade holding lab media digital design education learning logistics tour airport med dent pharm lux cargo
    kids family motors electronics textile avenue street square boulevard arena palace towers hills heights bay office
    barbershop campus cargo express service logistic cars auto taxi burger pizza cafe bistro grill lounge karaoke
    """
)
"""Words that end a name of several words: Zen Garden, Murad Buildings."""

ENGLISH_ALONE = _words(
    """
    the of is are your you and for with our we from not this that will has have please was were been can an its
    """
)
"""Words that hardly an English sentence lacks and that no Uzbek word is written like, but for short ones."""

JOINING = _words(
    """
    on in to of is be by at me my we us go pay win and the for from are or with up do it an as if so out a order top off
    no
    """
)
"""Short English words, some of which are Uzbek too: English only beside an English word."""

PEOPLE_AND_PLACES = _words(
    """
    abdullayev abror afgʻoniston akbar akmal aleksandr ali alisher aliyev alloh amerika andijon angliya angren
    anora anqara antaliya anvar armaniston artur asaka asal ashxobod asiya asqar asror avstraliya aybek aziz
    aziza bahodir bali bangkok barno barselona bavariya baxtiyor bekobod bektemir berlin beruniy bibi bishkek
    boboyev bobur bodomzor boku botir boʻstonliq budapesht buxoro charos chexiya chikago chilonzor chimyon
    chirchiq chorsu chorvoq chust daniya davron dehli denis denov dildora dilfuza dilnoza dilshod dmitriy doston
    dubay durdona dushanbe elbek eldor elena elyor ergashev eron fargʻona farhod farrux feruza finlandiya
    florensiya fotima frankfurt fransiya germaniya gretsiya gruziya guli guliston gulnora gulnoza guzal gʻayrat
    gʻijduvon haj hamidov hamza hasan hayot hilola hindiston husan ibrohim igor ilhom iordaniya iroda iroq islom
    ismoil ismoilov ispaniya istanbul italiya iyd jahongir jamila jamshid jasur javohir jidda jizzax juma kamol
    kamola kanada karimov kattaqoʻrgʻon kazan kirill kiyev kogon komil koreya kuala kumush laylo laziz lissabon
    livan lobar lola los guanchjou london lotin lumpur madina madrid maftuna makka maksim malayziya maldiv malika mansur
    margʻilon marina masʼud maʼruf milan minor minsk mirobod mirziyoyev mirzo mirzohid misr mohira moskva
    muhabbat munira murod muzaffar myunxen nafisa namangan nargiza nasiba navoiy navroʻz nazarov neapol
    neʼmatjon niderlandiya nigora nilufar nitsa nodir nodira norov norvegiya novza nozima nukus nuriddin nyu
    odil ohangaron oleg olim olmaliq olmaota olmazor ostona otabek oybek oydin ozarbayjon ozoda oʻzbekiston
    parij parkent payshanba pekin peterburg pokiston pop portugaliya praga qahramon qarshi qashqadaryo qatar
    qibray qirgʻiziston qodirov qohira qozogʻiston qoʻqon qoʻyliq quddus qurbon quvayt rahimov ramazon ravshan
    rayhon rim rossiya ruminiya ruslan rustam sabina sadoqat saida saidov samandar samarqand sanjar saratov
    sardor sarvar serbiya sergeli sergey seul sevara sevinch shahlo shahnoza shahrisabz shahriston shahrixon
    shanba shavkat shayxontohur sherzod shirin shuhrat shvetsiya singapur sirdaryo sobir sobirov sochi sulton
    suriya surxondaryo svetlana tailand tbilisi temur temurbek termiz timur tinchlik tohir tojikiston tokio
    torino toshkent toshmatov turkiya turkmaniston tursunov uchqoʻrgʻon uchtepa ufa ulfat ulugʻbek umar umarov
    umid umida umra urganch usmon usmonov varshava vena venetsiya vladimir vyetnam xitoy xiva xolmatov xorazm
    xurshid xurshida yakkasaroy yangihayot yangiyoʻl yaponiya yashnobod yodgor york yunusobod yusuf yusupov
    venesuela kolumbiya braziliya argentina peru ekvador boliviya meksika panama misr keniya nigeriya marokash jazoir
    tunis liviya sudan somali uganda zambiya angola mozambik madagaskar yaman ummon bahrayn nepal butan bangladesh laos
    kambodja filippin indoneziya bruney mongoliya avstriya niderland gollandiya irlandiya islandiya shotlandiya uels
    vengriya slovakiya sloveniya xorvatiya bosniya chernogoriya makedoniya albaniya bolgariya moldova litva latviya
    estoniya ukraina tayland kipr krit sitsiliya manila jakarta xanoy saygon kalkutta mumbay karachi lahor islomobod
    kobul hirot mashhad isfahon sheroz tabriz bogʻdod damashq bayrut amman ariyodh doha manama maskat sanʼo aden
    toronto vankuver otava chikago boston dallas mayami vashington sidney melburn oklend
    natalya elvira eldar emil alfiya ildar guzel rustaveli avesto ravil ulyana olga igor
    zafar zamira zangiota zarafshon zarina zilola zuhra zuhriddin zulfiya
    """
)
"""Names of people and places, as Uzbek spells them: written in Cyrillic as any word, though a capital within a sentence
and their letters may look like a foreign name."""
