"""Who runs sessions: the three accounts, colleagues, tokens, and visitors without a name."""

from typing import NamedTuple

PASSWORD = "session-history"  # noqa: S105 it is printed where to sign in
ADMIN, DEVELOPER, USER = "admin@example.com", "developer@example.com", "user@example.com"


class Person(NamedTuple):
    username: str
    email: str | None
    weight: float = 1.0


# Some names are long and some are not Latin: a list that only ever saw "Bob" breaks on its first day.
PEOPLE = (
    Person("Devon Okafor", DEVELOPER, 14),
    Person("Uma Lindqvist", USER, 9),
    Person("Amélie Brandt", ADMIN, 4),
    Person("Jonas Weber", "jonas.weber@example.com", 5),
    Person("Priya Raghunathan", "priya.raghunathan@example.com", 5),
    Person("Łukasz Wiśniewski", "lukasz.wisniewski@example.com", 4),
    Person("山田 花子", "hanako.yamada@example.co.jp", 4),
    Person("김서연", "seoyeon.kim@example.co.kr", 3),
    Person("Зоя Кузнецова", "zoya.kuznetsova@example.com", 3),
    Person("محمد الفارسي", "mohammed.alfarsi@example.ae", 3),
    Person("Þórbjörg Guðmundsdóttir", "thorbjorg.gudmundsdottir@example.is", 2),
    Person("Nguyễn Thị Minh Khai", "minhkhai.nguyen@example.vn", 2),
    Person("प्रिया शर्मा", "priya.sharma@example.in", 2),
    Person("李 伟", "wei.li@example.cn", 2),
    Person("ดวงใจ ศรีสุวรรณ", "duangjai.srisuwan@example.co.th", 1),
    Person("Ελένη Παπαδοπούλου", "eleni.papadopoulou@example.gr", 2),
    Person("נועה לוי", "noa.levi@example.co.il", 1),
    Person(
        "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff",
        "hubert.blaine.wolfeschlegelsteinhausenbergerdorff@customer-success.emea.example.com",
        1,
    ),
    Person("María del Carmen Fernández-Villaverde y Ruiz de Apodaca", "mc.fernandez-villaverde@example.es", 1),
    Person("O’Brien, Saoirse", "saoirse.obrien@example.ie", 2),
    Person("Fatoumata Diallo", "fatoumata.diallo@example.sn", 2),
    Person("Chukwuemeka Eze", "emeka.eze@example.ng", 2),
    Person("Matthias Müller", "matthias.mueller@example.com", 3),
    Person("Aoife Byrne", "aoife.byrne@example.ie", 2),
    Person("Giulia Rossi", "giulia.rossi@example.it", 2),
    Person("Tomáš Dvořák", "tomas.dvorak@example.cz", 1),
    Person("Ingrid Bjørnstad", "ingrid.bjornstad@example.no", 1),
    Person("Mehmet Yıldırım", "mehmet.yildirim@example.com.tr", 1),
    Person("Ana Luísa Gonçalves", "analuisa.goncalves@example.com.br", 2),
    Person("Sipho Ndlovu", "sipho.ndlovu@example.co.za", 1),
    Person("Grace Hopper", "grace@example.com", 1),
    Person("Katherine Johnson", "katherine@example.com", 1),
    Person("Radia Perlman", "radia@example.com", 1),
    Person("Linus Pauling", "linus.pauling@example.com", 1),
    Person("", "qa-contractor-17@example.com", 1),
    Person("", "x@example.com", 0.4),
    # Known by a username alone, as databases and door terminals know people.
    Person("svc_reporting", None, 2),
    Person("oncall-dba", None, 1),
    Person("filiale-hamburg-03", None, 1),
)


GLOBEX_PEOPLE = (
    Person("Hank Scorpio", "admin@globex.example", 4),
    Person("Mindy Simmons", "mindy.simmons@globex.example", 3),
    Person("Homer Jay", "homer@globex.example", 2),
    Person("Frank Ormand", "frank.ormand@globex.example", 1),
)


class Token(NamedTuple):
    label: str
    creator: str
    weight: float = 1.0
    nightly: bool = False


TOKENS = (
    Token("nightly-ci", DEVELOPER, 6, nightly=True),
    Token("release-smoke-tests", "jonas.weber@example.com", 3),
    Token("device-farm", "priya.raghunathan@example.com", 4),
    Token("partner-sync (staging)", "lukasz.wisniewski@example.com", 1, nightly=True),
    Token("screenshots für den App Store", "matthias.mueller@example.com", 1),
)
GLOBEX_TOKENS = (Token("globex-ci", "mindy.simmons@globex.example", nightly=True),)


class Visitor(NamedTuple):
    """Someone without a name; the label says how they came."""

    label: str | None
    weight: float


ANONYMOUS = (
    Visitor("Shared link: release demo", 5),
    Visitor("Shared link: board meeting", 1),
    Visitor("Embedded preview: documentation", 3),
    Visitor("QR code: Hannover trade fair", 2),
    Visitor(None, 1),
)
KIOSK_VISITORS = (Visitor("Walk-in visitor", 6), Visitor("Loyalty card", 2), Visitor(None, 1))
