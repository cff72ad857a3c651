"""A door with a form behind it: show it, check it, run one verb, or say what was wrong."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, render_page

Words = str | Promise


def form_door(
    request: SignedInRequest,
    form: forms.BaseForm,
    *,
    run: Callable[[dict[str, Any]], str | HttpResponse],
    title: Words,
    submit: Words,
    cancel_url: str,
    template: str = "components/form_page.html",
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Show a form, or run its verb and go where it says; a refusal keeps what was typed.

    `run` gives an address to go to, or the answer itself where something is shown this once.
    """
    if request.method == "POST" and form.is_valid():
        try:
            done = run(form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(done) if isinstance(done, str) else done
    wrong = request.method == "POST"
    context = {
        "form": form,
        "title": title,
        "submit": submit,
        "cancel_url": cancel_url,
        "draft": request.path,
        **(extra or {}),
    }
    return render_page(request, template, context, status=422 if wrong else 200)
