"""Verbs of the portal's own walk along the trail: over all rows, again and again."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bcp_portal.audit.models import GENESIS, AuditCheckpoint, AuditRow, ChainCheck
from bcp_portal.audit.verbs import verb
from bcp_portal.audit.verifier import CONTENT, Finding, MerkleTree, check_row

STRIDE = 20_000
COLUMNS = (*CONTENT, "at", "hash")


@verb
def walk_trail(*, at: datetime, stride: int = STRIDE) -> str:
    """Check the next rows against their hashes and against the signed checkpoints."""
    check, _is_new = ChainCheck.objects.select_for_update().get_or_create(pk=1)
    tree = MerkleTree(check.walked_to, [bytes.fromhex(node) for node in check.edge])
    began, link = tree.size, check.link or GENESIS
    signed = _signed_roots(began, began + stride)
    found: Finding | None = None
    for row in stored_rows(after=began, limit=stride):
        found = next(check_row(row, tree.size, link), None)
        if found is None:
            link = row["hash"]
            tree.append(bytes.fromhex(link))
            found = _unlike(tree, signed.get(tree.size))
        if found is not None:
            break
    is_end = found is None and tree.size - began < stride
    if is_end:
        found = _cut_off(tree)
    return _note(check, tree, link, found, is_end=is_end, at=at)


def _unlike(tree: MerkleTree, root: str | None) -> Finding | None:
    if root is None or root == tree.root().hex():
        return None
    return Finding(1, tree.size, "not the rows over which the checkpoint was signed")


def _cut_off(tree: MerkleTree) -> Finding | None:
    newest = AuditCheckpoint.objects.newest()
    if newest is None or newest.size <= tree.size:
        return None
    return Finding(tree.size + 1, newest.size, "missing; a checkpoint was signed over them")


def _note(
    check: ChainCheck,
    tree: MerkleTree,
    link: str,
    found: Finding | None,
    *,
    is_end: bool,
    at: datetime,
) -> str:
    check.walked_at = at
    if found is not None:
        check.broken_seq, check.problem = found.first, str(found)
    elif is_end:
        # Whole from the first row to the newest: what was wrong was put right.
        check.broken_seq, check.problem = None, ""
        check.whole_at, check.whole_rows = at, tree.size
    if found is not None or is_end:
        # The next walk begins at the first row again: what is old is not safe for being old.
        check.walked_to, check.link, check.edge = 0, "", []
    else:
        check.walked_to, check.link = tree.size, link
        check.edge = [node.hex() for node in tree.edge]
    check.save()
    return str(found) if found else f"{tree.size} rows are whole"


def stored_rows(*, after: int = 0, limit: int | None = None) -> Iterator[dict[str, Any]]:
    """The rows of the trail as plain values, in their order."""
    rows = AuditRow.objects.filter(seq__gt=after).order_by("seq").values(*COLUMNS)
    return iter((rows[:limit] if limit else rows).iterator(2000))


def _signed_roots(after: int, until: int) -> dict[int, str]:
    found = AuditCheckpoint.objects.filter(size__gt=after, size__lte=until)
    return dict(found.values_list("size", "root"))
