"""What a signature under a proposal would be bound to at this moment."""

from dataclasses import dataclass

from assets.models import TargetProposal
from assets.selectors.graph import Graph, load_graph
from assets.signing import Content, arrows_by_asset, digest_of, signed_content


@dataclass(frozen=True)
class Signable:
    """The content of a signature, its fingerprint, and whether the graph says it can be met."""

    content: Content
    digest: str
    graph: Graph

    def standing(self, asset: int) -> str:
        """The verdict in a word: feasible, unknown, infeasible."""
        return self.graph.standing(asset).value


def signable(proposal: TargetProposal) -> Signable:
    """Look at the graph with the proposal in it. Two queries."""
    graph = load_graph({proposal.asset_id: proposal.spans})
    content = signed_content(
        proposal.asset_id,
        {**proposal.spans, "mbco": proposal.mbco},
        graph.nodes,
        arrows_by_asset(graph.arrows),
    )
    return Signable(content, digest_of(content), graph)
