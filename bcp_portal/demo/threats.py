"""Which threat stands behind which risk of the demo company: by the words in which it is told."""

from risks.models import Threat

WORDS = {
    "NETWORK": ("network", "link", "tunnel", "satellite", "provider serves"),
    "POWER": ("power", "battery", "cooling"),
    "SOFTWARE": ("release", "code", "patch", "clock"),
    "DATA": ("inconsisten", "corrupt", "restore", "wrong stock", "missing sales", "feed"),
    "MALWARE": ("ransomware", "malware", "phishing"),
    "INTRUSION": ("password", "access", "token"),
    "FLOOD": ("bots",),
    "THEFT": ("stolen",),
    "ERROR": ("forget", "forgotten", "too early", "nobody watches"),
    "PEOPLE": ("leaves", "one head", "holiday", "only one person"),
    "SUPPLIER": ("payment provider", "supplier", "marketplace", "at the provider"),
    "NATURE": ("earthquake", "flood at", "fire", "fault zone"),
}


def threats_of(*texts: str) -> list[Threat]:
    """The threats of the catalogue that these texts speak of."""
    told = " ".join(texts).casefold()
    codes = [code for code, words in WORDS.items() if any(word in told for word in words)]
    return list(Threat.objects.filter(code__in=codes))
