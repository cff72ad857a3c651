"""Verbs of a checkpoint: sign what is new, once a minute and whenever somebody takes it away."""

from datetime import datetime

from django.db import IntegrityError, transaction

from bcp_portal.audit.models import GENESIS, AuditCheckpoint, AuditKey, AuditRow
from bcp_portal.audit.signing import (
    Signer,
    new_signer,
    places,
    signed_note,
    store_signer,
    stored_signers,
)
from bcp_portal.audit.verbs import verb
from bcp_portal.audit.verifier import MerkleTree

# So that a long trail that was never signed does not stop the engine for long.
MOST_AT_ONCE = 50_000


@verb
def sign_checkpoint(*, at: datetime) -> str:
    """Sign the newest rows, if there are any and the key is here; return what was done."""
    signer = _signer(at=at)
    if signer is None:
        return "the signing key lies elsewhere"
    return sign_with(signers=[signer], at=at)


@verb
def sign_all(*, at: datetime) -> AuditCheckpoint | None:
    """Sign everything there is; return the newest checkpoint."""
    while sign_checkpoint(at=at).startswith("signed"):
        pass
    return AuditCheckpoint.objects.newest()


@verb
def sign_with(*, signers: list[Signer], at: datetime) -> str:
    """Sign the newest rows with these keys."""
    last = AuditCheckpoint.objects.newest()
    size, edge, head = (last.size, last.edge, last.head) if last else (0, [], GENESIS)
    tree = MerkleTree(size, [bytes.fromhex(node) for node in edge])
    rows = AuditRow.objects.filter(seq__gt=size).order_by("seq")
    for seq, link, digest in rows.values_list("seq", "prev_hash", "hash")[:MOST_AT_ONCE]:
        if seq != tree.size + 1 or link != head:
            # What does not follow is not vouched for; the walk of the trail names the place.
            return f"refused: row {seq} does not follow row {tree.size}"
        tree.append(bytes.fromhex(digest))
        head = digest
    if tree.size == size:
        return "nothing new"
    return _keep(tree, head, signers, at=at)


def _keep(tree: MerkleTree, head: str, signers: list[Signer], *, at: datetime) -> str:
    root = tree.root()
    try:
        with transaction.atomic():
            AuditCheckpoint.objects.create(
                size=tree.size,
                root=root.hex(),
                head=head,
                edge=[node.hex() for node in tree.edge],
                note=signed_note(tree.size, root, signers),
                signed_at=at,
            )
    except IntegrityError:
        return "somebody else has signed it"
    return f"signed {tree.size} rows"


def _signer(*, at: datetime) -> Signer | None:
    """The key pair that signs now; made and made known at the first start."""
    active = AuditKey.objects.filter(signs=True).first()
    stored = stored_signers()
    if active is not None:
        return next((signer for signer in stored if signer.key == active.key), None)
    if not stored:
        # Of two programs that start at once, the one whose file is there counts.
        store_signer(new_signer(), places()[0])
        stored = stored_signers()
    try:
        with transaction.atomic():
            key = stored[0].key
            AuditKey.objects.create(name=key.name, public=key.public, made_at=at)
    except IntegrityError:
        return None
    return stored[0]
