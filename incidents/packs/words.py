"""What every site does when it goes dark: the same everywhere, known before anybody asks."""

from django.utils.translation import gettext_lazy as _

# Keys are kept for good: a tick that comes in late names one.
WHEN_DARK = (
    (
        "dark.look",
        _(
            "Look at what still works: power, the router, another site by phone. Write down when it"
            " began."
        ),
    ),
    (
        "dark.go_on",
        _(
            "Go on working with what is on this site's own machines. Nothing is lost: it is kept"
            " and sent when the link is back."
        ),
    ),
    (
        "dark.limits",
        _("Keep to the emergency limits that the till or the agent shows; ask before going over."),
    ),
    (
        "dark.call",
        _("Call the first person below. Say the site's code, since when, what fails."),
    ),
    (
        "dark.no_switch",
        _(
            "Do not switch machines off, do not swap or reset them, and copy no data by hand unless"
            " headquarters says so."
        ),
    ),
    (
        "dark.by_hand",
        _("What cannot wait is written on paper with time and name, and typed in afterwards."),
    ),
    (
        "dark.diary",
        _("Tick and write notes on this page: headquarters gets them with their times."),
    ),
    (
        "dark.back",
        _(
            "When the link is back, leave the machines on until nothing waits any more, and tell"
            " headquarters."
        ),
    ),
)

# How an order is taken by phone, word by word.
BY_PHONE = (
    _("Ask who calls, and call back on a number of this page before you do anything."),
    _("Let them say eight words of four letters. Write them down and read them back."),
    _("Type them on the site's machine:"),
    _("It says whether the order is genuine and for this device. If not, do nothing; call again."),
    _("It answers with four words. Read them back: they prove how far this site is."),
)
COMMAND = 'siaga-agent orders --read "bako …"'
