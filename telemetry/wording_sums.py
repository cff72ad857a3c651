"""The sums of the rules that ask the database, as sentences; a table from sum to sentence."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from bcp_portal.shared.durations import format_duration
from bcp_portal.shared.money import money_words
from telemetry.wording_checks import check_sentence

Sums = Mapping[str, Any]


def clock(text: str) -> str:
    """A moment of the sums, by the reader's clock."""
    moment = localtime(datetime.fromisoformat(text))
    return f"{moment:%d %b %H:%M:%S %Z}"


def _value(sums: Sums) -> str:
    money = money_words(int(sums["value_minor"]), str(sums.get("currency", "")))
    return _("at least %(money)s at stake") % {"money": money}


def _share(sums: Sums) -> str:
    return _(
        "%(hits)s of %(tries)s; at least %(wilson)s of all by Wilson's bound, limit %(limit_share)s"
    ) % dict(sums)


def _rejects(sums: Sums) -> str:
    return _(
        "%(rejects)s of %(of_rejects)s refused records, from a share of %(share_sent)s of all"
        " input; chance by accident %(chance)s"
    ) % dict(sums)


def _stock(sums: Sums) -> str:
    return _(
        "promised to sites %(outstanding)s + still sold by the centre %(sellable)s, in stock"
        " %(physical)s; sold and not yet told about %(projected)s"
    ) % dict(sums)


def _lost(sums: Sums) -> str:
    spans = ", ".join(f"{first}–{last}" for first, last in sums.get("ranges", []))
    return _("%(lost)s samples never came: %(spans)s") % {"lost": sums["lost"], "spans": spans}


def _duration(sums: Sums) -> str:
    return _("took %(span)s; robust z %(robust_z)s against %(base)s earlier ones") % {
        **sums,
        "span": format_duration(float(sums["duration_ms"]) / 1000),
    }


def _power(sums: Sums) -> str:
    proofs = {
        "told": _("the sync engine said so"),
        "battery": _("it ran on battery"),
        "restart": _("the machine started anew after the sync had begun"),
    }
    return _("began %(time)s; %(proof)s") % {
        "time": clock(sums["started_at"]),
        "proof": proofs.get(sums["power"], sums["power"]),
    }


def _since(name: str, sentence: Callable[[], str]) -> Callable[[Sums], str]:
    return lambda sums: sentence() % {"time": clock(sums[name])}


def _plain(sentence: Callable[[], str]) -> Callable[[Sums], str]:
    return lambda sums: sentence() % dict(sums)


SENTENCES: Mapping[str, Callable[[Sums], str]] = {
    "value_minor": _value,
    "hits": _share,
    "rejects": _rejects,
    "sku": _stock,
    "lost": _lost,
    "robust_z": _duration,
    "power": _power,
    "hour": _plain(lambda: _("hour %(hour)s of the week; %(near)s of %(total)s syncs near it")),
    "expires_at": _since("expires_at", lambda: _("expires %(time)s")),
    "sampled_at": _since("sampled_at", lambda: _("newest data of %(time)s")),
    "last_sync_at": _since("last_sync_at", lambda: _("last sync %(time)s")),
    "within_s": lambda sums: (
        _("agreed: within %(span)s") % {"span": format_duration(float(sums["within_s"]))}
    ),
    "working_h": _plain(lambda: _("silent for more than %(working_h)s working hours")),
    "worked_h": _plain(
        lambda: _("%(worked_h)s working hours from noticing to reporting, allowed %(limit_h)s")
    ),
    "restore_d": _plain(lambda: _("asked for within %(restore_d)s days")),
    "slot": _plain(lambda: _("slot %(slot)s: %(told)s")),
    "by_hand": _plain(lambda: _("%(by_hand)s syncs by hand within a day")),
    "refused": _plain(lambda: _("refused %(refused)s times within a day")),
    "contradictions": _plain(
        lambda: _("%(contradictions)s samples or more came again with other content")
    ),
    "conflicts": _plain(
        lambda: _("%(conflicts)s today, %(usual)s on a usual day; chance %(chance)s")
    ),
    "rows_compared": _plain(
        lambda: _("%(sites)s sites; %(rows_differ)s of %(rows_compared)s rows on one side only")
    ),
    "worst": _plain(
        lambda: (
            _("more than %(worst)s times the limit of %(p95_limit_ms)s ms or")
            + " "
            + _("%(error_limit_pct)s %% errors")
        )
    ),
    "in_a_row": _plain(lambda: _("%(in_a_row)s failures in a row, or more")),
    "epoch": _since(
        "published_at", lambda: _("ordered %(time)s; how far it came is on the order board")
    ),
    "limit_s": _plain(lambda: _("limit %(limit_s)s s")),
}


def other_sentences(sums: Sums) -> Iterator[str]:
    """Every sum that has a sentence."""
    for name, sentence in SENTENCES.items():
        if sums.get(name) is not None:
            yield sentence(sums)
    for group in ("posture", "backup"):
        for check, told in (sums.get(group) or {}).items():
            yield check_sentence(check, told)
    if sums.get("proposal") == "freeze":
        yield _("proposal: freeze its sync until somebody has looked")
