"""The one verb that founds the demo company."""

from datetime import datetime, timedelta

from bcp_portal.audit.verbs import verb
from bcp_portal.demo.agreed import agree
from bcp_portal.demo.conflicts import tell_conflicts
from bcp_portal.demo.governance import review_access, train
from bcp_portal.demo.past import tell_past
from bcp_portal.demo.people import arrange_calls, arrange_duties, assign_places, hire_people
from bcp_portal.demo.places import open_places
from bcp_portal.demo.register import fill_register
from bcp_portal.demo.rehearsals import plan_ahead
from bcp_portal.demo.said import prepare_words
from bcp_portal.demo.things import gather_things
from bcp_portal.demo.tuned import hurry_drills
from incidents.playbooks.reader import ready_plans
from incidents.services.playbook import import_playbook, publish_version

FOUNDED = timedelta(days=760)


@verb
def found_rodajaya(*, at: datetime) -> dict[str, str]:
    """Build the company as it would be after two years; return the passwords by username."""
    began = at - FOUNDED
    sites = open_places(at=began)
    people, passwords = hire_people(at=began)
    assign_places(people, sites, at=began)
    arrange_calls(people, at=began, now=at)
    things = gather_things(sites, people, at=began)
    for plan in ready_plans():
        version = import_playbook(plan=plan, actor=people["bagus"], at=began)
        publish_version(version=version, actor=people["maya"], at=began + timedelta(hours=2))
    prepare_words(things, people, at=began + timedelta(days=20))
    tell_past(sites, things, people, now=at)
    # After the past: what was closed long ago knew no such duty.
    arrange_duties(at=at - timedelta(days=10))
    plan_ahead(sites, things, people, now=at)
    fill_register(things, people, at=began + timedelta(days=10), now=at)
    agree(things, people, at=began + timedelta(days=5), now=at)
    tell_conflicts(sites=sites, people=people, now=at)
    hurry_drills(sites, people, at=at)
    review_access(people, now=at)
    train(people, now=at)
    return passwords
