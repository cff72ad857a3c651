"""Pages of this room."""

from django.urls import URLPattern, path

from bcp_portal.accounts.views import (
    access_review,
    desk_lock,
    handover,
    people,
    profile,
    single_sign_on,
    training,
)
from bcp_portal.accounts.views.saved_view import view_forget, view_save

app_name = "accounts"
urlpatterns: list[URLPattern] = [
    path("people/", people.people, name="people"),
    path("people/add/", people.person_add, name="person_add"),
    path("people/<str:username>/", people.person, name="person"),
    path("people/<str:username>/edit/", people.person_edit, name="person_edit"),
    path("people/<str:username>/roles/", people.person_roles, name="person_roles"),
    path("people/<str:username>/access/", people.person_access, name="person_access"),
    path("people/<str:username>/deactivate/", people.person_deactivate, name="person_deactivate"),
    path("people/<str:username>/erase/", people.person_erase, name="person_erase"),
    path("people/<str:username>/hand-over/", handover.person_hand_over, name="person_hand_over"),
    path("people/<str:username>/reactivate/", people.person_reactivate, name="person_reactivate"),
    path("access-reviews/", access_review.reviews, name="reviews"),
    path("access-reviews/open/", access_review.review_open, name="review_open"),
    path("access-reviews/decide/", access_review.reviews_decide, name="reviews_decide"),
    path("access-reviews/<str:code>/", access_review.review, name="review"),
    path("role-grants/<int:pk>/agree/", access_review.grant_agree, name="grant_agree"),
    path("role-grants/<int:pk>/refuse/", access_review.grant_refuse, name="grant_refuse"),
    path("training/", training.training, name="training"),
    path("training/<slug:code>/", training.course, name="course"),
    path("training/<slug:code>/ask/", training.course_ask, name="course_ask"),
    path("account/lock/", desk_lock.desk_lock, name="desk_lock"),
    path("account/single-sign-on/", single_sign_on.leave, name="single_sign_on"),
    path("account/single-sign-on/back/", single_sign_on.come_back, name="single_sign_on_back"),
    path("account/single-sign-on/again/", single_sign_on.again, name="single_sign_on_again"),
    path("account/profile/", profile.profile, name="profile"),
    path("account/contacts/add/", profile.contact_add, name="contact_add"),
    path("account/contacts/<int:pk>/remove/", profile.contact_remove, name="contact_remove"),
    path("account/contacts/<int:pk>/verify/", profile.contact_verify, name="contact_verify"),
    path("account/contacts/<int:pk>/quiet/", profile.contact_quiet, name="contact_quiet"),
    path("account/contacts/<int:pk>/prefer/", profile.contact_prefer, name="contact_prefer"),
    path("account/tokens/add/", profile.token_add, name="token_add"),
    path("account/tokens/<int:pk>/revoke/", profile.token_revoke, name="token_revoke"),
    path("account/views/save/", view_save, name="view_save"),
    path("account/views/<int:pk>/forget/", view_forget, name="view_forget"),
]
