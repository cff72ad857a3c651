"""What a person may do is one question a request, and the same answer as Django's."""

import pytest
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


def test_who_may_everything_may_everything():
    person = make_user()
    person.is_superuser = True

    assert OneQuestionBackend().get_all_permissions(person) == ModelBackend().get_all_permissions(
        User(is_superuser=True, is_active=True)
    )
