"""Addresses that the lists of the tests point to."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def nothing(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("people/", nothing, name="people"),
    path("people/bulk/", nothing, name="people_bulk"),
    path("people/<str:username>/", nothing, name="person"),
    path("people/<int:pk>/edit/<str:column>/", nothing, name="people_edit"),
]
