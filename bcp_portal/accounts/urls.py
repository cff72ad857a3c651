"""Pages of this room."""

from django.urls import URLPattern, path

from bcp_portal.accounts.views.saved_view import view_forget, view_save

app_name = "accounts"
urlpatterns: list[URLPattern] = [
    path("views/save/", view_save, name="view_save"),
    path("views/<int:pk>/forget/", view_forget, name="view_forget"),
]
