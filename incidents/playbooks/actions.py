"""What a step can order besides a tick: which kinds there are, and which go by themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from incidents.playbooks.plan import StepPlan


@dataclass(frozen=True)
class ActionRule:
    """One kind of action: its name, the right of whoever presses its button, an icon."""

    label: str | Promise
    right: str
    icon: str
    # Whether the portal may begin it as soon as the step can be done. What reaches sites or people
    # outside is then only prepared: somebody still has to say yes.
    goes_alone: bool = False
    needs_words: bool = False


ACTION_RULES: dict[str, ActionRule] = {
    "notice": ActionRule(
        _("Tell a role"), "incidents.work_incident", "bell", goes_alone=True, needs_words=True
    ),
    "update": ActionRule(
        _("Send an update"), "incidents.publish_update", "speakerphone", goes_alone=True
    ),
    "inject": ActionRule(
        _("Give an inject (exercise)"),
        "incidents.run_exercise",
        "bolt",
        goes_alone=True,
        needs_words=True,
    ),
    "offline_mode": ActionRule(
        _("Order offline mode"), "telemetry.give_order", "send", goes_alone=True
    ),
    "freeze_site": ActionRule(
        _("Freeze a site"), "telemetry.give_order", "snowflake", goes_alone=True
    ),
    "freeze_all": ActionRule(_("Freeze every site"), "telemetry.give_order", "snowflake"),
    "lift_freeze": ActionRule(_("Lift a freeze"), "telemetry.give_order", "send"),
    "waves": ActionRule(_("Resynchronise in waves"), "telemetry.give_order", "refresh"),
    "failover": ActionRule(_("Switch to a failover path"), "assets.switch_failover", "git-fork"),
    "revoke_device": ActionRule(_("Revoke a device"), "telemetry.enrol_device", "lock"),
    "wipe_device": ActionRule(_("Wipe a device"), "telemetry.enrol_device", "lock"),
}


def goes_alone(action: dict[str, Any]) -> bool:
    """Whether the portal begins this one without a press."""
    rule = ACTION_RULES.get(str(action.get("kind", "")))
    return bool(action.get("auto")) and rule is not None and rule.goes_alone


def deed_words(action: dict[str, Any]) -> str:
    """What a step orders, in a few words."""
    kind = str(action.get("kind", ""))
    if not kind:
        return ""
    rule = ACTION_RULES.get(kind)
    label = str(rule.label) if rule else kind
    return _t("%(deed)s, by itself") % {"deed": label} if goes_alone(action) else label


def action_problems(step: StepPlan) -> Iterator[str]:
    """What is wrong with the action of a step, as sentences."""
    kind = str(step.action.get("kind", ""))
    if not kind:
        return
    rule = ACTION_RULES.get(kind)
    if rule is None:
        yield _t("“%(step)s” orders something that nobody knows: %(kind)s.") % {
            "step": step.text,
            "kind": kind,
        }
    elif step.action.get("auto") and not rule.goes_alone:
        yield _t("“%(step)s”: this is never ordered by itself.") % {"step": step.text}
    elif step.action.get("auto") and kind == "update" and not step.action.get("text"):
        yield _t("“%(step)s” prepares an update by itself, but has no words for it.") % {
            "step": step.text
        }
