"""One message a person and day about everything that waits, instead of one for each risk."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from risks.models import RegisterDigest
from risks.selectors.digest import waiting_for_people
from risks.services.telling import tell_people

# Nobody is written to before this hour of their own morning, nor again about the same things
# within a week.
FIRST_HOUR = 7
SAME_AGAIN = timedelta(days=7)
NAMED = 12

LINES = {
    "reviews": gettext_noop("%(count)s reviews due: %(codes)s."),
    "team": gettext_noop("%(count)s overdue with your people: %(codes)s."),
    "to_decide": gettext_noop("%(count)s acceptances to decide: %(codes)s."),
    "ending": gettext_noop("%(count)s acceptances end soon: %(codes)s."),
    "treatments": gettext_noop("%(count)s treatments overdue: %(codes)s."),
    "actions": gettext_noop("%(count)s actions of treatments overdue: %(codes)s."),
    "indicators": gettext_noop("%(count)s indicators without a fresh value: %(codes)s."),
}
MESSAGE = gettext_noop(
    "Your register today. %(reviews_said)s %(team_said)s %(to_decide_said)s %(ending_said)s "
    "%(treatments_said)s %(actions_said)s %(indicators_said)s"
)


def send_digests(*, at: datetime) -> str:
    """Write to everybody for whom something waits and who has not heard of it yet."""
    waiting = {pk: one.facts() for pk, one in waiting_for_people(at).items()}
    people = User.objects.filter(pk__in=waiting, is_active=True).order_by("pk")
    last = {
        one.person_id: one
        for one in RegisterDigest.objects.filter(sent_at__gte=at - SAME_AGAIN).order_by("sent_at")
    }
    sent = 0
    for person in people:
        here = at.astimezone(person.zone())
        if here.hour < FIRST_HOUR:
            continue
        known = last.get(person.pk)
        if known and (known.day >= here.date() or known.facts == waiting[person.pk]):
            continue
        sent += send_digest(person=person, facts=waiting[person.pk], at=at)
    return f"{len(waiting)} waited for, {sent} written to"


@verb
def send_digest(*, person: User, facts: dict[str, list[str]], at: datetime) -> int:
    """Write one digest; a day has one."""
    day = at.astimezone(person.zone()).date()
    _digest, is_new = RegisterDigest.objects.get_or_create(
        person=person, day=day, defaults={"facts": facts, "sent_at": at}
    )
    if not is_new:
        return 0
    params = {f"{name}_said": _line(name, facts.get(name, [])) for name in LINES}
    return tell_people([person], MESSAGE, params, path="/risks/moved/", at=at)


def _line(name: str, codes: list[str]) -> dict[str, Any]:
    if not codes:
        return {"message": "", "params": {}}
    shown = ", ".join(codes[:NAMED]) + (" …" if len(codes) > NAMED else "")
    return {"message": LINES[name], "params": {"count": len(codes), "codes": shown}}
