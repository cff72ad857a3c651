"""Sessions of which is known when their person last proved who they are."""

import time

from allauth.account.internal.flows import login


def signed_in(client, person, *, seconds_ago=0):
    """Sign somebody in who gave the password so many seconds ago."""
    client.force_login(person)
    session = client.session
    proven = {"method": "password", "at": time.time() - seconds_ago}
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [proven]
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(person.pk)
    session.save()
    return client
