"""The matrix a new register starts with; the organisation replaces it by its own."""

from typing import Any

LIKELIHOODS: list[dict[str, Any]] = [
    {
        "value": 1,
        "en": "Rare",
        "id": "Langka",
        "means_en": "less than once in ten years",
        "means_id": "kurang dari sekali dalam sepuluh tahun",
    },
    {
        "value": 2,
        "en": "Unlikely",
        "id": "Kecil kemungkinan",
        "means_en": "once in three to ten years",
        "means_id": "sekali dalam tiga sampai sepuluh tahun",
    },
    {
        "value": 3,
        "en": "Possible",
        "id": "Mungkin",
        "means_en": "once in one to three years",
        "means_id": "sekali dalam satu sampai tiga tahun",
    },
    {
        "value": 4,
        "en": "Likely",
        "id": "Besar kemungkinan",
        "means_en": "one to four times a year",
        "means_id": "satu sampai empat kali setahun",
    },
    {
        "value": 5,
        "en": "Frequent",
        "id": "Sering",
        "means_en": "more than four times a year",
        "means_id": "lebih dari empat kali setahun",
    },
]
IMPACTS: list[dict[str, Any]] = [
    {
        "value": 1,
        "en": "Minor",
        "id": "Ringan",
        "means_en": "a nuisance; nobody outside notices",
        "means_id": "sekadar gangguan; pihak luar tidak merasakannya",
    },
    {
        "value": 2,
        "en": "Noticeable",
        "id": "Terasa",
        "means_en": "some customers wait; lost within a day",
        "means_id": "sebagian pelanggan menunggu; pulih dalam sehari",
    },
    {
        "value": 3,
        "en": "Serious",
        "id": "Serius",
        "means_en": "a site stands still, or a day of data is lost",
        "means_id": "satu lokasi berhenti, atau data sehari hilang",
    },
    {
        "value": 4,
        "en": "Severe",
        "id": "Berat",
        "means_en": "a region stands still, or partners are harmed",
        "means_id": "satu wilayah berhenti, atau mitra dirugikan",
    },
    {
        "value": 5,
        "en": "Ruinous",
        "id": "Menghancurkan",
        "means_en": "the company may not survive it",
        "means_id": "perusahaan mungkin tidak bertahan",
    },
]
LEVELS: list[dict[str, Any]] = [
    {
        "word": "low",
        "en": "Low",
        "id": "Rendah",
        "tone": "ok",
        "is_tolerable": True,
        "review_days": 365,
    },
    {
        "word": "moderate",
        "en": "Moderate",
        "id": "Sedang",
        "tone": "info",
        "is_tolerable": True,
        "review_days": 180,
    },
    {
        "word": "high",
        "en": "High",
        "id": "Tinggi",
        "tone": "watch",
        "is_tolerable": False,
        "review_days": 90,
    },
    {
        "word": "extreme",
        "en": "Extreme",
        "id": "Ekstrem",
        "tone": "act",
        "is_tolerable": False,
        "review_days": 30,
    },
]
# Likelihood grows downwards; impact grows to the right.
CELLS: list[list[str]] = [
    ["low", "low", "low", "low", "moderate"],
    ["low", "low", "moderate", "moderate", "high"],
    ["low", "moderate", "moderate", "high", "high"],
    ["low", "moderate", "high", "high", "extreme"],
    ["moderate", "high", "high", "extreme", "extreme"],
]
CATEGORIES: list[tuple[str, str, str]] = [
    ("availability", "Availability", "Ketersediaan"),
    ("integrity", "Data integrity", "Integritas data"),
    ("security", "Information security", "Keamanan informasi"),
]
# What threatens somebody who works with and without a link: a catalogue to begin with.
THREATS: list[tuple[str, str, str]] = [
    ("NETWORK", "Network or link fails", "Jaringan atau koneksi gagal"),
    ("POWER", "Power fails", "Listrik padam"),
    ("HARDWARE", "Hardware breaks", "Perangkat keras rusak"),
    ("SOFTWARE", "Software fault or faulty release", "Kesalahan atau rilis perangkat lunak cacat"),
    ("DATA", "Data corrupt, lost or inconsistent", "Data rusak, hilang, atau tidak konsisten"),
    ("MALWARE", "Malware or ransomware", "Malware atau ransomware"),
    ("INTRUSION", "Intrusion or stolen credentials", "Penyusupan atau kredensial dicuri"),
    ("FLOOD", "Service flooded with requests", "Layanan dibanjiri permintaan"),
    ("THEFT", "Device lost or stolen", "Perangkat hilang atau dicuri"),
    ("ERROR", "Human error", "Kesalahan manusia"),
    ("INSIDER", "Misuse from inside", "Penyalahgunaan dari dalam"),
    ("PEOPLE", "Key people absent", "Orang kunci berhalangan"),
    ("SUPPLIER", "Third party fails", "Pihak ketiga gagal"),
    ("NATURE", "Earthquake, flood or fire", "Gempa, banjir, atau kebakaran"),
]
