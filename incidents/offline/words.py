"""The words of the offline pages, which have nobody to ask once the link is gone."""

from django.utils.translation import gettext as _


def offline_words() -> dict[str, str]:
    """Every sentence that the scripts say, in the reader's language."""
    return _gate() | _frame() | _deeds() | _states()


def carry_words() -> dict[str, str]:
    """The sentences of the page that brings in a file of another device."""
    return {
        "working": _("Opening…"),
        "wrong": _("This is not its passphrase, or not a file of unsent deeds."),
        "other": _("These are the deeds of %s, who has to sign in to bring them."),
        "silent": _("The portal does not answer; try again. Nothing counts twice."),
        "told": _("%s of %s deeds are on record."),
        "files": _("%s of %s files are on record."),
        "refused": _("Not taken: %s"),
    }


def _gate() -> dict[str, str]:
    return {
        "locked": _("Locked"),
        "passphrase": _("Passphrase of this device"),
        "passphrase_again": _("The same passphrase again"),
        "unlock": _("Unlock"),
        "use_passkey": _("Use a passkey"),
        "no_passkey": _("This browser or passkey cannot keep secrets; choose a passphrase."),
        "wrong": _("That is not it. Tries left before this device is emptied: %s"),
        "wiped_tries": _("Five wrong tries: this device has been emptied."),
        "unequal": _("The two passphrases differ."),
        "make_ready": _("Make this device ready"),
        "make_ready_why": _(
            "Open incidents, playbooks, contacts and your sites are kept on this device, "
            "encrypted. Nobody can recover the passphrase; at least twelve characters."
        ),
        "sign_in": _("Sign in"),
        "sign_in_first": _("Sign in first; then make the device ready."),
        "no_answer": _("The portal does not answer; try again when it does."),
        "nothing_yet": _("Nothing is kept here now. It is fetched as soon as the portal answers."),
        "wipe": _("Empty this device"),
        "wipe_sure": _("Empty this device? Unsent: %s. They would be lost."),
        "devices": _("My devices"),
    }


def _frame() -> dict[str, str]:
    return {
        "title": _("Without a link"),
        "as_of": _("as of %s"),
        "unsent": _("Unsent: %s"),
        "ready": _("Offline-ready"),
        "not_ready": _("Not offline-ready"),
        "link_unknown": _("asking"),
        "link_up": _("connected"),
        "link_down": _("no connection"),
        "link_signed-out": _("signed out: sign in to send"),
        "link_other-person": _("somebody else is signed in: nothing is sent"),
        "link_refused": _("the portal refuses"),
        "link_revoked": _("this device was reported lost"),
        "contacts": _("Contacts"),
        "sites": _("Sites"),
        "conflicts": _("Conflicts you have to settle"),
        "due_at": _("due %s"),
        "timeline": _("Timeline"),
        "no_incidents": _("No open incidents."),
        "exercise": _("EXERCISE"),
        "began": _("began"),
        "commander": _("Commander"),
        "cancel": _("Cancel"),
        "own_clock": _("%s by this device's own clock"),
        "refused": _("Could not count"),
        "forget_refused": _("Forget these"),
        "export": _("Export as an encrypted file"),
        "export_passphrase": _("Passphrase for the file"),
    }


def _deeds() -> dict[str, str]:
    return {
        "tick": _("Done"),
        "skip": _("Skip"),
        "untick": _("Take back"),
        "note": _("Note"),
        "add_note": _("Add the note"),
        "evidence": _("Evidence"),
        "evidence_where": _("What it is and where it is kept"),
        "evidence_file": _("Photo or file, up to 8 MB"),
        "too_large": _("The file is larger than %s MB. It has to stay where it is."),
        "only_digest": _("Note only its SHA-256"),
        "assign": _("Give a role"),
        "role": _("Role"),
        "person": _("Person"),
        "propose": _("Propose"),
        "propose_contain": _("Propose: contained"),
        "propose_recover": _("Propose: recovered"),
        "propose_close": _("Propose: close"),
        "propose_order": _("Propose: an order to a site"),
        "order": _("Order"),
        "site": _("Site"),
        "choice": _("Choice"),
        "reason": _("Reason"),
        "why_skip": _("Why is it left out?"),
        "how": _("How"),
        "two": _("two people"),
    }


def _states() -> dict[str, str]:
    return {
        "open": _("Open"),
        "waiting": _("Waiting for a second person"),
        "done": _("done"),
        "skipped": _("skipped"),
        "disputed": _("disputed"),
        "nothing": _("nothing yet"),
        "proposed": _("Proposed, waits for a person online:"),
        "corroborated": _("Also ticked by others: %s"),
        "clash": _("Two devices disagree; what holds now: %s"),
    }
