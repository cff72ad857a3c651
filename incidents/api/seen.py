"""How the rows of incidents look from outside. Never used for writing."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assets.api.caller import SecondsField
from bcp_portal.accounts.models import User
from incidents.models import (
    ActionItem,
    Alert,
    Decision,
    Incident,
    Notice,
    Playbook,
    PlaybookRun,
    PlaybookVersion,
    Review,
    RunPhase,
    RunStep,
    StatusUpdate,
    TimelineEntry,
)


class PersonField(serializers.SlugRelatedField[User]):
    """A person by the name they sign in with."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(slug_field="username", read_only=True, **fields)


class CodeField(serializers.SlugRelatedField[Any]):
    """Another row by its code."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(slug_field="code", read_only=True, **fields)


class AlertOut(serializers.ModelSerializer[Alert]):
    """A machine's claim."""

    title = serializers.CharField(source="text", read_only=True)
    site = CodeField()
    region = CodeField()
    asset = CodeField()
    incident = CodeField()
    silence = CodeField()
    acknowledged_by = PersonField()

    class Meta:
        model = Alert
        fields = (
            "id", "code", "rule", "title", "severity", "status", "mode", "site", "region", "asset",
            "incident", "signal_count", "sums", "raised_at", "last_signal_at", "acknowledged_at",
            "acknowledged_by", "muted_until", "silence", "resolved_at", "resolution",
        )  # fmt: skip
        read_only_fields = fields


class IncidentOut(serializers.ModelSerializer[Incident]):
    """An incident with its times."""

    title = serializers.CharField(source="headline", read_only=True)
    phase = serializers.CharField(read_only=True)
    commander = PersonField()
    suggested_playbook = CodeField()
    merged_into = CodeField()

    class Meta:
        model = Incident
        fields = (
            "code", "title", "status", "phase", "severity", "kind", "mode", "commander", "summary",
            "verdict", "suggested_playbook", "merged_into", "started_at", "detected_at",
            "declared_at", "acknowledged_at", "informed_at", "contained_at", "eradication_at",
            "eradicated_at", "signals_cleared_at", "recovered_at", "closed_at",
        )  # fmt: skip
        read_only_fields = fields


class TimelineOut(serializers.ModelSerializer[TimelineEntry]):
    """One thing that happened."""

    incident = CodeField()
    text = serializers.CharField(read_only=True)
    actor = PersonField()

    class Meta:
        model = TimelineEntry
        fields = (
            "id", "incident", "kind", "text", "importance", "actor", "happened_at", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields


class VersionOut(serializers.ModelSerializer[PlaybookVersion]):
    """One edition of a plan."""

    published_by = PersonField()

    class Meta:
        model = PlaybookVersion
        fields = ("number", "status", "digest", "change_note", "published_at", "published_by")
        read_only_fields = fields


class PlaybookOut(serializers.ModelSerializer[Playbook]):
    """A plan and its editions."""

    title = serializers.SerializerMethodField()
    versions = VersionOut(many=True, read_only=True)
    business_owner = PersonField()
    technical_owner = PersonField()
    rto = SecondsField(read_only=True)

    class Meta:
        model = Playbook
        fields = (
            "code", "title", "scenario", "kinds", "rules", "rto", "business_owner",
            "technical_owner", "source", "versions",
        )  # fmt: skip
        read_only_fields = fields

    def get_title(self, playbook: Playbook) -> str:
        """The title in the caller's language."""
        return playbook.said("title")


class StepOut(serializers.ModelSerializer[RunStep]):
    """A step under way."""

    text = serializers.SerializerMethodField()
    instructions = serializers.SerializerMethodField()
    choices = serializers.SerializerMethodField()
    run = serializers.IntegerField(source="phase.run_id", read_only=True)
    phase = serializers.IntegerField(source="phase_id", read_only=True)
    incident = serializers.CharField(source="phase.run.incident.code", read_only=True)
    done_by = PersonField()
    first_person = PersonField()

    class Meta:
        model = RunStep
        fields = (
            "id", "incident", "run", "phase", "position", "key", "text", "instructions", "role",
            "status", "is_decision", "choices", "chosen", "authority", "needs_second_person",
            "condition", "action", "due_at", "done_at", "done_by", "first_person", "skip_reason",
            "note",
        )  # fmt: skip
        read_only_fields = fields

    def get_text(self, step: RunStep) -> str:
        """What to do, in the caller's language."""
        return step.said("text")

    def get_instructions(self, step: RunStep) -> str:
        """How to do it, in the caller's language."""
        return step.said("instructions")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_choices(self, step: RunStep) -> dict[str, str]:
        """The options of a decision."""
        return dict(step.choices)


class PhaseOut(serializers.ModelSerializer[RunPhase]):
    """A phase under way."""

    name = serializers.SerializerMethodField()

    class Meta:
        model = RunPhase
        fields = (
            "id", "position", "kind", "name", "started_at", "escalates_at", "escalated_at",
            "finished_at",
        )  # fmt: skip
        read_only_fields = fields

    def get_name(self, phase: RunPhase) -> str:
        """The name in the caller's language."""
        return phase.said("name")


class RunOut(serializers.ModelSerializer[PlaybookRun]):
    """A plan being carried out."""

    incident = CodeField()
    version = serializers.CharField(source="version.code", read_only=True)
    started_by = PersonField()
    phases = PhaseOut(many=True, read_only=True)

    class Meta:
        model = PlaybookRun
        fields = (
            "id", "code", "incident", "version", "mode", "status", "digest", "started_at",
            "started_by", "finished_at", "abandon_reason", "phases",
        )  # fmt: skip
        read_only_fields = fields


class DecisionOut(serializers.ModelSerializer[Decision]):
    """A decision and what was known."""

    incident = CodeField()
    decided_by = PersonField()

    class Meta:
        model = Decision
        fields = (
            "id", "incident", "question", "options", "chosen", "reason", "authority", "picture",
            "decided_by", "decided_at", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields


class ReviewOut(serializers.ModelSerializer[Review]):
    """Looking back."""

    incident = CodeField()
    owner = PersonField()
    signed_off_by = PersonField()

    class Meta:
        model = Review
        fields = (
            "id", "incident", "status", "owner", "went_well", "went_badly", "lucky", "root_cause",
            "contributing", "version", "opened_at", "due_at", "signed_off_at", "signed_off_by",
        )  # fmt: skip
        read_only_fields = fields


class ActionItemOut(serializers.ModelSerializer[ActionItem]):
    """A promise."""

    incident = CodeField()
    owner = PersonField()
    verified_by = PersonField()

    class Meta:
        model = ActionItem
        fields = (
            "id", "code", "incident", "kind", "about_kind", "about_code", "text", "owner", "due_on",
            "status", "outcome", "assigned_at", "finished_at", "verified_at", "verified_by",
        )  # fmt: skip
        read_only_fields = fields


class StatusUpdateOut(serializers.ModelSerializer[StatusUpdate]):
    """Words that went out."""

    incident = CodeField()
    published_by = PersonField()

    class Meta:
        model = StatusUpdate
        fields = (
            "id", "incident", "audience", "text", "published_at", "published_by",
            "next_promised_at", "followed_at",
        )  # fmt: skip
        read_only_fields = fields


class NoticeOut(serializers.ModelSerializer[Notice]):
    """A message in the caller's inbox."""

    text = serializers.CharField(read_only=True)
    incident = CodeField()

    class Meta:
        model = Notice
        fields = (
            "id", "kind", "mode", "text", "incident", "path", "requires_ack", "created_at",
            "read_at", "acknowledged_at",
        )  # fmt: skip
        read_only_fields = fields
