"""A team inside an incident: who leads it, who is in it."""

from typing import Self

from django.db import models
from django.db.models import Q

from bcp_portal.accounts.models import User
from incidents.models.incident import Incident


class TeamQuerySet(models.QuerySet["Team"]):
    """Sets of teams."""

    def visible_to(self, user: User) -> Self:
        """The only way a door may fetch teams: with their incident."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def standing(self) -> Self:
        """Those that were not disbanded."""
        return self.filter(ended_at=None)


class Team(models.Model):
    """Some of the people of an incident with one task and one lead."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=80)
    lead = models.ForeignKey(User, on_delete=models.PROTECT, related_name="teams_led")
    formed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "name"], condition=Q(ended_at=None), name="team_named_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class TeamMember(models.Model):
    """A person in a team, from when to when."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="team_places")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(left_at=None), name="team_member_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.team_id}: {self.user_id}"
