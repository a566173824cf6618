"""What a browser says of itself, in two words people know: the browser and what it runs on."""

_BROWSERS = (("MicroMessenger/", "WeChat"), ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"),
             ("FxiOS/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("iPad", "iPad"), ("iPhone", "iPhone"), ("Android", "Android"), ("HarmonyOS", "HarmonyOS"),
            ("Windows", "Windows"), ("CrOS", "ChromeOS"), ("Macintosh", "macOS"), ("Linux", "Linux"))  # fmt: skip


def device_words(agent: str) -> str:
    """``Chrome · Windows``; empty when neither is known.

    The first that fits counts: nearly every browser also calls itself Safari, and Android is a Linux.
    """
    known = [next((word for sign, word in table if sign in agent), "") for table in (_BROWSERS, _SYSTEMS)]
    return " · ".join(word for word in known if word)
