"""Doors of training: what is asked of me, one course with its quiz, and the matrix of everybody."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.accounts.models import Completion, Course
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.selectors.training import everybody, own_training, training_matrix
from bcp_portal.accounts.services.training import ask_for_course, attest_course
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page

FORM = ["GET", "HEAD", "POST"]


class CourseForm(forms.Form):
    """The questions of a course, and the word that one has understood it."""

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, question in enumerate(course.quiz):
            self.fields[f"question_{number}"] = forms.TypedChoiceField(
                label=course.words(question["question"]),
                choices=list(enumerate(course.words(question["options"]))),
                coerce=int,
                widget=forms.RadioSelect,
            )
        self.fields["is_attested"] = forms.BooleanField(
            label=gettext_lazy("I have read this, understood it, and will work by it."),
            required=False,
        )

    def answers(self) -> dict[int, int]:
        """The chosen options by the number of their question."""
        return {
            int(name.removeprefix("question_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("question_")
        }


class AskForm(forms.Form):
    """Of whom a course is asked."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=[("", gettext_lazy("everybody")), *Role.choices],
        required=False,
    )
    place = forms.CharField(
        label=gettext_lazy("Site or region"),
        help_text=gettext_lazy("Its code, or empty for all"),
        max_length=20,
        required=False,
    )


@require_safe
@needs("*")
def training(request: SignedInRequest) -> HttpResponse:
    """What is asked of me; and for whoever looks after training, of everybody."""
    at = timezone.now()
    may_see_all = request.user.has_perm("accounts.view_completion")
    context = {
        "own": own_training(request.user, at=at),
        "matrix": training_matrix(everybody(), at=at) if may_see_all else None,
    }
    return render_page(request, "accounts/training.html", context)


@require_http_methods(FORM)
@needs("*")
def course(request: SignedInRequest, code: str) -> HttpResponse:
    """One course: the text, the questions, the attestation."""
    found = get_object_or_404(Course.objects.in_use(), code=code)
    form = CourseForm(request.POST or None, course=found)

    def run(facts: dict[str, Any]) -> str:
        attest_course(
            course=found,
            answers=form.answers(),
            is_attested=facts["is_attested"],
            actor=request.user,
            at=timezone.now(),
        )
        return reverse("accounts:training")

    mine = Completion.objects.visible_to(request.user).filter(person=request.user, course=found)
    return form_door(
        request,
        form,
        run=run,
        title=str(found),
        submit=_("I have understood it"),
        cancel_url=reverse("accounts:training"),
        template="accounts/course.html",
        extra={"text": found.words(found.body), "done": mine.order_by("-done_at").first()},
    )


@require_http_methods(FORM)
@needs("accounts.run_training")
def course_ask(request: SignedInRequest, code: str) -> HttpResponse:
    """Ask a course of more people, by role and place."""
    found = get_object_or_404(Course.objects.in_use(), code=code)

    def run(facts: dict[str, Any]) -> str:
        ask_for_course(course=found, **facts, actor=request.user, at=timezone.now())
        return reverse("accounts:training")

    return form_door(
        request,
        AskForm(request.POST or None),
        run=run,
        title=_("Who must know “%s”?") % found,
        submit=_("Ask it of them"),
        cancel_url=reverse("accounts:training"),
    )
