"""The trail, the keys that vouch for it, their signed statements, and what can be forgotten."""

from bcp_portal.audit.models.audit_row import GENESIS, AuditRow
from bcp_portal.audit.models.checkpoint import AuditCheckpoint, AuditKey, ChainCheck
from bcp_portal.audit.models.sealed import SealedValue

__all__ = ["GENESIS", "AuditCheckpoint", "AuditKey", "AuditRow", "ChainCheck", "SealedValue"]
