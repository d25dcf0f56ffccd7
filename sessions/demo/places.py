"""What sessions run on: apps, devices, systems, networks and cities."""

from typing import NamedTuple


class DemoApp(NamedTuple):
    """`days_ago` bounds when it was in use: (newest, oldest)."""

    app_id: str
    name: str | None
    group: str | None
    platform: str
    weight: float
    version: tuple[int, int]
    days_ago: tuple[int, int] = (0, 120)


APPS = (
    # One app ID on two platforms.
    DemoApp("com.acme.shop", "Acme Shop", "Retail", "ios", 9, (8, 41)),
    DemoApp("com.acme.shop", "Acme Shop", "Retail", "android", 8, (8, 40)),
    DemoApp("com.acme.courier", "Courier", "Logistics", "android", 6, (3, 12)),
    DemoApp("com.acme.warehouse.scanner", "Warehouse Scanner", "Logistics", "android", 4, (2, 7)),
    DemoApp("com.acme.wallet", "Acme Wallet", "Payments", "ios", 6, (5, 3)),
    DemoApp("com.acme.checkout", "Checkout", "Payments", "web", 7, (14, 0)),
    DemoApp("com.acme.backoffice", "Back Office", "Internal tools", "web", 6, (1, 96)),
    DemoApp("io.acme.insights", "Insights", "Analytics", "web", 4, (0, 31)),
    DemoApp("com.acme.kiosk.order", "Self-Order Kiosk", "Restaurants", "kiosk", 5, (4, 4)),
    DemoApp("com.acme.kiosk.tickets", "Fahrkartenautomat", "Transit", "kiosk", 3, (2, 19)),
    DemoApp("com.acme.studio", "Acme Studio", "Creative", "desktop", 3, (6, 2)),
    DemoApp("orders-db", "Orders database", "Databases", "proxy", 3, (1, 8)),
    DemoApp("k8s-production", "Production cluster", "Infrastructure", "proxy", 2, (1, 8)),
    DemoApp(
        "com.acme.fieldservice.companion.emea",
        "Acme Enterprise Resource Planning Companion for Field Service Technicians (EMEA)",
        "Field service",
        "android",
        1,
        (1, 3),
    ),
    DemoApp("com.acme.summerfestival", "Summer Festival ☀️", "Events", "ios", 9, (1, 0), (38, 74)),
    DemoApp("com.acme.advent", "Adventskalender", "Events", "ios", 6, (2, 0), (0, 18)),
    # In use until 90 days ago: no filter may search four months for it.
    DemoApp("com.acme.loyalty.legacy", "Loyalty (legacy)", "Retail", "android", 25, (0, 9), (90, 120)),
    DemoApp("com.acme.sandbox", None, None, "other", 0.3, (0, 1)),
)


class Hardware(NamedTuple):
    manufacturer: str | None
    model: str
    type: str
    screen: tuple[int, int]
    system: str
    versions: tuple[str, ...]
    weight: float = 1.0


IOS = ("18.1.1", "18.1", "18.0.1", "17.7", "17.6.1", "17.5.1", "16.7.10")
CHROME_OS = ("131", "130")
HARDWARE: dict[str, tuple[Hardware, ...]] = {
    "ios": (
        Hardware("Apple", "iPhone 16 Pro", "phone", (402, 874), "iOS", IOS[:2], 4),
        Hardware("Apple", "iPhone 15", "phone", (393, 852), "iOS", IOS[:5], 5),
        Hardware("Apple", "iPhone 14 Plus", "phone", (428, 926), "iOS", IOS[:6], 2),
        Hardware("Apple", "iPhone SE (3rd generation)", "phone", (375, 667), "iOS", IOS, 2),
        Hardware("Apple", "iPad Air 11-inch (M2)", "tablet", (820, 1180), "iPadOS", ("18.1", "17.6.1"), 2),
    ),
    "android": (
        Hardware("Google", "Pixel 9", "phone", (412, 923), "Android", ("15", "14"), 4),
        Hardware("Google", "Pixel 7", "phone", (412, 839), "Android", ("15", "14", "13"), 4),
        Hardware("Samsung", "Galaxy S24 Ultra", "phone", (480, 1040), "Android", ("14",), 4),
        Hardware("Samsung", "Galaxy A14", "phone", (384, 854), "Android", ("14", "13", "12"), 2),
        Hardware("Xiaomi", "Redmi Note 13 Pro+ 5G", "phone", (393, 873), "Android", ("14", "13"), 2),
        Hardware("Zebra", "TC52", "handheld", (360, 640), "Android", ("11", "10", "8.1.0"), 2),
        Hardware("Samsung", "Galaxy Tab Active4 Pro", "tablet", (800, 1280), "Android", ("13", "12"), 1),
    ),
    "web": (
        Hardware("Apple", "MacBook Pro", "desktop", (1512, 982), "macOS", ("15.1", "14.7"), 4),
        Hardware("Lenovo", "ThinkPad T14", "desktop", (1440, 900), "Windows", ("11", "10"), 4),
        Hardware(None, "Desktop", "desktop", (1280, 800), "Ubuntu", ("24.04", "22.04"), 2),
        Hardware("Google", "Pixel 7", "phone", (412, 839), "Android", ("14", "13"), 2),
        Hardware("Apple", "iPhone 15", "phone", (393, 852), "iOS", IOS[:4], 2),
        Hardware(None, "Chromebook", "desktop", (1366, 768), "ChromeOS", CHROME_OS, 1),
    ),
    "kiosk": (
        Hardware("Elo", "I-Series 4 22″", "kiosk", (1080, 1920), "Android", ("10",), 4),
        Hardware("Advantech", "UTK-6222", "kiosk", (1080, 1920), "Windows", ("10 IoT Enterprise LTSC 2021",), 2),
        Hardware("Samsung", "Kiosk KM24C", "kiosk", (1080, 1920), "Tizen", ("7.0", "6.5"), 1),
    ),
    "desktop": (
        Hardware("Apple", "Mac Studio", "desktop", (1440, 900), "macOS", ("15.1", "14.7"), 2),
        Hardware("Dell", "Precision 5690", "desktop", (1440, 900), "Windows", ("11",), 2),
    ),
    "proxy": (
        Hardware("Lenovo", "ThinkPad X1 Carbon", "desktop", (1440, 900), "Ubuntu", ("24.04",), 2),
        Hardware("Apple", "MacBook Pro", "desktop", (1512, 982), "macOS", ("15.1",), 2),
    ),
    "other": (Hardware(None, "Development board", "embedded", (320, 240), "Linux", ("6.6",), 1),),
}

NETWORKS = {
    "ios": ("wifi", "wifi", "5g", "4g"),
    "android": ("wifi", "wifi", "5g", "4g", "3g"),
    "web": ("wifi", "ethernet"),
    "kiosk": ("ethernet", "4g"),
    "desktop": ("ethernet", "wifi"),
    "proxy": ("ethernet",),
    "other": ("offline",),
}


class City(NamedTuple):
    country: str
    latitude: float
    longitude: float
    network: str
    weight: float


CITIES = (
    City("DE", 52.52, 13.405, "203.0.113", 6),
    City("DE", 53.551, 9.994, "203.0.113", 3),
    City("FR", 48.857, 2.352, "198.51.100", 2),
    City("JP", 35.682, 139.759, "192.0.2", 2),
    City("IN", 12.972, 77.594, "198.51.100", 2),
    City("BR", -23.551, -46.633, "192.0.2", 1),
    City("US", 40.713, -74.006, "2001:db8:a11", 2),
)

RESOURCES = {
    "orders-db": ("database", "orders-prod", "Orders (production)", "postgres"),
    "k8s-production": ("cluster", "prod-eu-1", "Production EU 1", "kubernetes"),
}
CONNECTORS = (("conn-fra-1", "Frankfurt 1"), ("conn-dub-2", "Dublin 2"))
STORES = (("berlin-hbf", 1), ("hamburg-altona", 2), ("münchen-ost", 3))

USER_AGENTS = {
    "ios": "AcmeApp/{version} CFNetwork/1568.200.51 Darwin/24.1.0",
    "android": "AcmeApp/{version} (Linux; Android {os}) okhttp/4.12.0",
    "web": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "kiosk": "AcmeKiosk/{version} (Android {os})",
    "desktop": "AcmeStudio/{version}",
    "proxy": "psql/16.4",
    "other": "curl/8.9.1",
}
