"""Verbs of a signature: it lapses by itself when what it rests on is no longer what was signed."""

from collections.abc import Collection
from datetime import datetime

from assets.graph_order import closure
from assets.models import Signature, TargetProposal
from assets.selectors.graph import read_graph
from assets.signing import Content, arrows_by_asset, differences, signed_content
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish


@verb
def recheck_signatures(*, at: datetime, changed: Collection[int] | None = None) -> int:
    """Let every signature lapse whose content is not what it was; return how many did.

    Called in the transaction of the change with the assets that changed: only what rests on them
    is looked at. Without `changed` everything is, for changes that no verb made.
    """
    standing = Signature.objects.standing().filter(proposal__in=TargetProposal.objects.current())
    if not standing.exists():
        return 0
    nodes, arrows = read_graph()
    if changed is not None:
        above: dict[int, list[int]] = {}
        for arrow in arrows:
            above.setdefault(arrow.depends_on, []).append(arrow.asset)
        standing = standing.filter(proposal__asset__in=closure(changed, above))
    needs = arrows_by_asset(arrows)
    contents: dict[int, Content] = {}
    lapsed = 0
    for signature in standing.select_related("proposal__asset").order_by("pk"):
        proposal = signature.proposal
        if proposal.pk not in contents:
            objective = {**proposal.spans, "mbco": proposal.mbco}
            contents[proposal.pk] = signed_content(proposal.asset_id, objective, nodes, needs)
        found = differences(signature.content, contents[proposal.pk])
        if found:
            signature.lapsed_at = at
            signature.changes = [list(one) for one in found]
            signature.save(update_fields=["lapsed_at", "changes"])
            _tell(signature, at=at)
            lapsed += 1
    if lapsed:
        publish(topic="targets", kind="lapsed", at=at, permission="assets.view_recoverytarget")
    return lapsed


def sweep_signatures(*, at: datetime) -> str:
    """Look at every signature again, in case something changed behind the verbs' backs."""
    return f"{recheck_signatures(at=at)} lapsed"


def _tell(signature: Signature, *, at: datetime) -> None:
    asset = signature.proposal.asset
    audit(
        action="target.lapse",
        obj=asset,
        actor=None,
        at=at,
        before={"signature": f"{signature.get_role_display()}: {signature.principal}"},
        after={"changes": signature.changes},
    )
    for person in {signature.principal_id, signature.signed_by_id}:
        publish(topic=f"inbox:{person}", kind="lapsed", at=at)
