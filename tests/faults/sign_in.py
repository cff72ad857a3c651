"""Signs somebody in from a shell and prints the session: run inside a place under fire."""

import sys

import django


def main() -> None:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: PLC0415
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415

    from bcp_portal.accounts.models import User  # noqa: PLC0415

    user = User.objects.create(username="viewer", email="viewer@example.org")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "bcp_portal.accounts.backends.OneQuestionBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    sys.stdout.write(session.session_key)


if __name__ == "__main__":
    django.setup()
    main()
