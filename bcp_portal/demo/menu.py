"""The drills in words: one for each class of accident, and what the portal must make of it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from telemetry.models import SignalRule as R


@dataclass(frozen=True)
class Drill:
    """One drill: what is broken, the names of breaking and mending, and the rules that speak.

    `switch` is the field of the switches that says whether it is broken now; without one it mends
    itself, or mending is always offered. The first of the rules is the verdict.
    """

    slug: str
    icon: str
    title: str | Promise
    text: str | Promise
    where: str
    switch: str
    usual: str
    throw: str
    throw_label: str | Promise
    mend: str
    mend_label: str | Promise
    rules: tuple[R, ...]


# The drill in which people are the network.
BY_HAND = "by-hand"

MENU: tuple[Drill, ...] = (
    Drill(
        "site", "building-store", _("Cut the link of one site"),
        _("One site falls silent and its neighbours speak: a local incident opens after half a minute, and no shared one. Its till sells on into its queue."),
        "site", "cut_sites", "JBR-01", "cut-site", _("Cut the site's link"), "restore-site", _("Restore"),
        (R.SITE_SILENT,),
    ),
    Drill(
        BY_HAND, "hand-stop", _("Carry an order by hand"),
        _("Cut the link of one shop, order it to stand still, and open its order by hand. The field below is the shop's end of the telephone: say the eight words there and its real agent reads them. It answers with four words; type them on the page of the order, and the verdict says how far the shop is and how that was told."),
        "site", "cut_sites", "SBY-02", "cut-site", _("Cut the site's link"), "restore-site", _("Restore"),
        (R.SITE_SILENT,),
    ),
    Drill(
        "provider", "antenna-bars-off", _("Take a provider down"),
        _("All sites of one provider fall silent, in whichever regions they are. The verdict names the provider and not the region, with the sums beside it."),
        "provider", "cut_providers", "Nusalink", "cut-provider", _("Take the provider down"), "restore-provider", _("Restore"),
        (R.NETWORK_OUTAGE,),
    ),
    Drill(
        "centre", "server-off", _("Stop the centre"),
        _("The receiver of all sales refuses connections. The sites stay online and say that the centre is gone: within half a minute one central incident opens, queues grow, and the RPO clocks begin to run. After you start it again the queues drain in seconds."),
        "", "centre_stopped", "", "stop-centre", _("Stop the centre"), "start-centre", _("Start the centre"),
        (R.CENTRAL_DOWN,),
    ),
    Drill(
        "portal", "eye-off", _("Cut the portal's own link"),
        _("Nothing arrives here any more, while every site reaches the centre and the internet. The portal says that it is blind instead of raising an alarm for each site; what was not seen counts as unknown."),
        "", "portal_cut", "", "cut-portal", _("Cut the portal's link"), "restore-portal", _("Restore the portal's link"),
        (R.PORTAL_BLIND,),
    ),
    Drill(
        "mass", "arrows-diff", _("Spoil a whole region's batches"),
        _("At every shop of the region one amount changes on its way. Three sites or more that disagree after a sync are one incident of the highest severity, and the single mismatches belong to it. Repair lets the shops push their day again."),
        "region", "", "JTM", "corrupt-region", _("Spoil the region's batches"), "repair-region", _("Repair the region"),
        (R.MASS_INCONSISTENCY,),
    ),
    Drill(
        "batch", "bolt", _("Corrupt a batch"),
        _("One amount in the site's next batch changes on its way to the centre. With the next push, within a quarter of a minute, both sides' checksums differ and an incident about the data opens. Repair lets the site send its whole day again; the mismatch ends with the next push."),
        "site", "", "SBY-02", "corrupt", _("Corrupt the next batch"), "repair", _("Repair"),
        (R.CHECKSUM_MISMATCH,),
    ),
    Drill(
        "source", "alert-octagon", _("Let a till go bad"),
        _("The till spoils one amount in each push and sends its day again and again. After a few pushes this one site stands out from all the others: it is suspected as the source, and a freeze is proposed, never ordered. When it is mended the suspicion stays until enough clean pushes came."),
        "site", "faulty", "MLG-01", "break-till", _("Let the till go bad"), "mend-till", _("Mend the till"),
        (R.SUSPECT_SOURCE, R.CHECKSUM_MISMATCH),
    ),
    Drill(
        "forgotten", "clock-pause", _("Forget to synchronise, and sell on"),
        _("The shop is reachable, nothing fails, and nobody synchronises. There is a run on batteries: what the shop has sold unseen is soon more than the centre still offers. First overselling is reported, then the forgotten sync, then the RPO."),
        "quota", "forgetful", "BKS-01", "forget-sync", _("Forget to synchronise"), "remember-sync", _("Synchronise again"),
        (R.OVERSELLING, R.FORGOTTEN_SYNC),
    ),
    Drill(
        "power", "plug-connected-x", _("Pull the plug in the middle of a sync"),
        _("Half of the next push has left the house when the machine goes off. It is back after a quarter of a minute and tells of the push that never ended; the shop opens its till half a minute later. Nothing is lost and nothing is counted twice."),
        "site", "", "KDR-01", "unplug", _("Pull the plug"), "", "",
        (R.SYNC_CUT_OFF,),
    ),
    Drill(
        "tablet", "device-mobile", _("Lose a tablet"),
        _("The tablet at the counter of SBY-01 falls silent while the till server beside it speaks. In this demo it is missing after half a minute instead of two working hours; the plan for lost devices is proposed."),
        "", "tablet_lost", "", "lose-tablet", _("Lose the tablet"), "find-tablet", _("Find the tablet"),
        (R.DEVICE_MISSING,),
    ),
    Drill(
        "backup", "database-off", _("Lose the backup of the centre"),
        _("The encrypted copy of the centre's database is deleted and no other is made. Nothing has failed yet; an incident opens before something does."),
        "", "backup_lost", "", "lose-backup", _("Lose the backup"), "make-backup", _("Make a backup"),
        (R.BACKUP_OVERDUE,),
    ),
)  # fmt: skip
