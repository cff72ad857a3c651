"""What a person may do is one question a request, and the same answer as Django's."""

import pytest
from django.conf import settings
from django.contrib.auth import load_backend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission

from bcp_portal.accounts.backends import OneQuestionBackend
from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from tests.make import make_user

pytestmark = pytest.mark.django_db


def fresh(user):
    return User.objects.get(pk=user.pk)


def test_roles_and_personal_permissions_are_one_question(django_assert_num_queries):
    person = fresh(make_user(Role.AUDITOR, Role.RISK_MANAGER))

    with django_assert_num_queries(1):
        assert person.has_perm("risks.view_risk")
        assert not person.has_perm("risks.no_such_thing")
        assert person.get_all_permissions()


@pytest.mark.parametrize("path", settings.AUTHENTICATION_BACKENDS)
def test_the_person_of_a_session_comes_with_what_they_may_do(path, django_assert_num_queries):
    person = make_user(Role.AUDITOR, Role.RISK_MANAGER)
    person.user_permissions.add(Permission.objects.get(codename="delete_session"))

    with django_assert_num_queries(1):
        known = load_backend(path).get_user(person.pk)
        held = known.get_all_permissions()

    assert held == ModelBackend().get_all_permissions(fresh(person))
    assert "sessions.delete_session" in held


def test_who_holds_nothing_may_do_nothing():
    assert OneQuestionBackend().get_user(make_user().pk).get_all_permissions() == set()


def test_nobody_comes_out_of_a_session_who_may_not_sign_in_any_more():
    person = make_user(Role.AUDITOR)
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert OneQuestionBackend().get_user(person.pk) is None
    assert OneQuestionBackend().get_user(person.pk + 1) is None


def test_the_answer_is_the_one_that_django_would_give():
    person = make_user(Role.AUDITOR)
    person.user_permissions.add(Permission.objects.get(codename="delete_session"))

    ours = OneQuestionBackend().get_all_permissions(fresh(person))

    assert ours == ModelBackend().get_all_permissions(fresh(person))
    assert "sessions.delete_session" in ours


def test_who_is_not_active_or_not_known_may_do_nothing():
    person = make_user(Role.AUDITOR)
    person.is_active = False

    assert OneQuestionBackend().get_all_permissions(person) == set()
    assert OneQuestionBackend().get_all_permissions(AnonymousUser()) == set()


def test_who_may_everything_may_everything_from_a_session_too():
    person = make_user()
    User.objects.filter(pk=person.pk).update(is_superuser=True)

    assert OneQuestionBackend().get_user(person.pk).has_perm("sessions.delete_session")


def test_who_may_everything_may_everything():
    person = make_user()
    person.is_superuser = True

    assert OneQuestionBackend().get_all_permissions(person) == ModelBackend().get_all_permissions(
        User(is_superuser=True, is_active=True)
    )
