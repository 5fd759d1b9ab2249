"""What each file in ``samples/`` must become: a list of leads, or a lead with the raw file.

A lead is a dict of those fields that differ from ``ANA``; ``notes`` and ``log`` are texts that its
notes and its chatter contain. The files are written for these tests from descriptions of the format.
"""

ANA = {
    "contact_name": "Ana Duarte",
    "email": "ana.duarte@example.com",
    "phone": False,
    "mobile": False,
    "vehicle_model_text": "2026 Toyota Corolla, new",
    "adf_source": "AutoTown",
    "adf_date": "2026-11-26 15:15:00",
    "has_trade_in": False,
    "user_id": False,
    "won_status": "pending",
}
BO = {"contact_name": "Bo Lind", "email": "bo@example.com"}
UMLAUT = {"contact_name": "Jürgen Müller"}
#: the file cannot be read: the words of the note
RAW = "This ADF could not be read"


def one(number, **values):
    return [{"adf_id": number, **values}]


SAMPLES = {
    # Shapes of the document
    "plain.adf": one("P-1"),
    "full.adf": one(
        "F-1",
        contact_name="Maria Luz Okafor Jr.",
        email="maria.okafor@example.com",
        phone="+1 212 555 0101",
        mobile="+1 212 555 0102",
        street="12 Pine Street",
        street2="Floor 3, 3B",
        city="Albany",
        zip="12207",
        state_id="New York (US)",
        country_id="United States",
        adf_date="2026-11-26 14:30:00",
        vehicle_model_text="2024 Ford Ranger XLT, used, stock R-204, VIN 1FTZR15E21PA00001",
        preferred_color="Deep Blue",
        expected_price=28450.0,
        budget_min=24000.0,
        budget_max=29000.0,
        down_payment=5000.0,
        financing_needed=True,
        financing_type=False,
        time_frame="Within two weeks",
        date_deadline="2026-12-15",
        source_id="AutoTown",
        notes=["Can I see it on Friday?", "The white one is fine, too."],
        log=["Tow bar", "H-77", "450", "+1 212 555 0103", "Used cars", "31,000", "km"],
    ),
    "adf_declaration_first.adf": one("D-1"),
    "adf_declaration_only.adf": one("D-2"),
    "no_declaration.adf": one("D-3"),
    "no_root.adf": one("D-4"),
    "unquoted.adf": one(
        "U-1", contact_name="Ben Kim", email="ben.kim@example.com", mobile="+1 212 555 0111"
    ),
    "upper_case.adf": one("T-1"),
    "namespace.adf": one("T-2"),
    "prefix.adf": one("T-3"),
    "cdata.adf": one(
        "T-4", contact_name="Ana & Co", notes=["Less than &lt;adf&gt;&lt;prospect&gt;5 &amp; more"]
    ),
    "html_in_comments.adf": one("T-5", notes=["Is it red?<br>Call me &amp; bring the keys"]),
    "double_escaped_comments.adf": one("T-6", notes=["&lt;b&gt;Red&lt;/b&gt; &amp;amp; blue"]),
    "comments_removed.adf": one("T-7"),
    "truncated.adf": one("X-6", notes=["It ends he"]),
    "mismatched.adf": one("X-7"),
    # Encodings
    "utf8_bom.adf": one("E-1", **UMLAUT),
    "utf16.adf": one("E-2", **UMLAUT),
    "utf16_without_mark.adf": one("E-3", **UMLAUT),
    "latin1.adf": one("E-4", **UMLAUT),
    "latin1_said_to_be_utf8.adf": one("E-5", **UMLAUT),
    "utf8_said_to_be_latin1.adf": one("E-6", **UMLAUT),
    "cp1252_undeclared.adf": one("E-7", **UMLAUT, notes=["It’s 5 € too much"]),
    "shift_jis.adf": one("E-8", contact_name="山田太郎"),
    "invalid_utf8.adf": one("E-9", **UMLAUT, notes=["Größe und Höhe? \ufffd"]),
    "nul.adf": one("E-10"),
    # People
    "names.adf": [
        {"adf_id": "N-1", "contact_name": "Eva M. Silva"},
        {"adf_id": "N-2", "contact_name": "Eva M. Silva", "email": "eva@example.com"},
        {"adf_id": "N-3", "contact_name": "Jan Bos", "email": "jan@example.com"},
        {"adf_id": "N-4", "contact_name": "Bos Transport", "email": "bos@example.com"},
    ],
    "phones.adf": one(
        "N-5", phone="+1 212 555 0123", mobile="+1 212 555 0121", log=["(work, day)", "fax", "none"]
    ),
    "two_contacts.adf": one(
        "N-6", contact_name="Rosa Vega", email="rosa@example.com", log=["office@example.com"]
    ),
    "no_customer.adf": one("X-1", contact_name=False, email=False),
    "only_email.adf": [
        {
            "contact_name": False,
            "email": "solo@example.com",
            "adf_source": False,
            "adf_date": False,
            "vehicle_model_text": False,
        }
    ],
    # Vehicles and money
    "trade_in.adf": one(
        "V-1",
        has_trade_in=True,
        trade_in_make="Honda",
        trade_in_model="Civic LX",
        trade_in_year=2015,
        trade_in_mileage=78500,
        trade_in_value=6200.0,
        notes=["A scratch on the door"],
        log=["(mi): 78,500"],
    ),
    "only_trade_in.adf": one(
        "V-2",
        vehicle_model_text=False,
        has_trade_in=True,
        trade_in_make="Mazda",
        trade_in_model="3",
        trade_in_year=2011,
        log=["vehicle interest: sell"],
    ),
    "several_vehicles.adf": one(
        "V-3",
        vehicle_model_text="2023 Kia Rio, used",
        has_trade_in=True,
        trade_in_make="Opel",
        trade_in_model="Corsa",
        log=["vehicle interest: test-drive", "Ceed", "Astra"],
    ),
    "lease.adf": one("V-4", financing_type="lease", financing_needed=True),
    "cash.adf": one("V-5", financing_type="cash", budget_min=21500.0, budget_max=21500.0),
    "foreign_money.adf": one("V-6", expected_price=0.0, log=["expected_price: 3100000.0 JPY"]),
    "odd_numbers.adf": one(
        "V-7",
        expected_price=0.0,
        has_trade_in=True,
        trade_in_make="Ford",
        trade_in_year=0,
        trade_in_value=0.0,
        log=["call us", "year: old", "odometer: 9e99", "price: -5"],
    ),
    # Several prospects, numbers, dates
    "two_prospects.adf": [{"adf_id": "M-1"}, {"adf_id": "M-2", **BO}],
    "two_documents.adf": [{"adf_id": "M-3"}, {"adf_id": "M-4", **BO}],
    "same_number_same_person.adf": one("M-5"),
    "same_number_two_people.adf": [{"adf_id": "M-6"}, BO],
    "no_number.adf": [{}, BO],
    "no_number_no_date.adf": [{"adf_date": False}],
    "no_source.adf": one("M-7", adf_source=False),
    "broken_dates.adf": [
        {"adf_id": "X-2", "adf_date": "2026-11-26 23:30:20"},
        {"adf_id": "X-3", "adf_date": "2026-11-26 13:47:50", **BO},
        {
            "adf_id": "X-4",
            "adf_date": "2026-11-26 20:30:20",
            "contact_name": "Cy Roe",
            "email": "cy@example.com",
        },
        {
            "adf_id": "X-5",
            "adf_date": False,
            "contact_name": "Di Moe",
            "email": "di@example.com",
            "log": ["yesterday"],
        },
    ],
    "long_texts.adf": [
        {
            "contact_name": "N" * 255,
            "vehicle_model_text": f"2026 Toyota {'M' * 243}",
            "notes": ["Please call. Please call."],
            "log": ["N" * 600],
        }
    ],
    # Hostile
    "entity_bomb.adf": one("B-1", notes=["&amp;j;"]),
    "external_entity.adf": one("B-2", notes=["&amp;secret;"]),
    "markup.adf": one(
        "B-3",
        contact_name="<script>alert(1)</script>",
        vehicle_model_text="2026 Toyota <img src=x onerror=alert(1)>, new",
        notes=["&lt;script&gt;alert(2)&lt;/script&gt; http://evil.example.com"],
    ),
    # E-mails
    "body.eml": one("G-1"),
    "body_xml.eml": one("G-2"),
    "body_application.eml": one("G-3"),
    "body_x_adf.eml": one("G-4"),
    "escaped.eml": one("G-5", notes=["Tea &amp; cake"]),
    "escaped_html.eml": one("G-6"),
    "html.eml": one("G-7"),
    "html_comment.eml": one("G-8"),
    "quoted_printable.eml": one("G-9", **UMLAUT),
    "quoted_printable_unsaid.eml": one("G-10", **UMLAUT),
    "alternative.eml": [{"adf_date": "2026-11-25 15:15:00"}],
    "attachments.eml": [
        {"adf_id": "G-11"},
        {"adf_id": "G-12", **UMLAUT, "email": "jm@example.com"},
    ],
    "forwarded.eml": one("G-13"),
    "unknown_charset.eml": one("G-14", **UMLAUT),
    "nul_body.eml": one("G-15"),
    "good_and_bad.eml": [{"adf_id": "G-16"}, RAW],
    # What cannot be read
    "declaration_only.eml": [RAW],
    "empty.adf": [RAW],
    "no_prospect.adf": [RAW],
    "empty_prospect.adf": [RAW],
    "not_adf.adf": [RAW],
    "nested.adf": [RAW],
    "many.adf": [RAW],
    # Made from plain.adf by the test: 1 MiB, and one byte more
    "megabyte": one("P-1"),
    "megabyte_and_one": [RAW],
}
