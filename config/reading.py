"""How a person wants to read: size of letters, length of lines, light or dark. Kept in a cookie of the browser."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

COOKIE = "reading"
ONE_YEAR = 60 * 60 * 24 * 365


@dataclass(frozen=True)
class Setting:
    """One thing that can be chosen; its first option is what nobody has to choose."""

    name: str
    label: Promise | str
    options: dict[str, Promise | str]

    def checked(self, value: str) -> str:
        """Return the value, or the usual one in place of one that is none of the options."""
        return value if value in self.options else next(iter(self.options))


# The script static/js/reading.js and static/css/tokens.css know these names.
SETTINGS = (
    Setting(
        "text",
        _("Size of letters"),
        {"usual": _("Usual"), "small": _("Small"), "large": _("Large"), "largest": _("Very large")},
    ),
    Setting("lines", _("Length of lines"), {"usual": _("Usual"), "short": _("Short"), "long": _("Long")}),
    Setting("theme", _("Colours"), {"auto": _("As the device"), "light": _("Light"), "dark": _("Dark")}),
)


def chosen(request: HttpRequest) -> dict[str, str]:
    """Return what this browser's person chose, by the name of the setting."""
    parts = request.COOKIES.get(COOKIE, "").split(".")
    parts += [""] * len(SETTINGS)
    return {setting.name: setting.checked(part) for setting, part in zip(SETTINGS, parts, strict=False)}


def reading(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what templates/base.html and the menu for it need."""
    now = chosen(request)
    return {"reading": now, "reading_menu": [(setting, now[setting.name]) for setting in SETTINGS]}


@require_POST
def set_reading(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen, and go back to the page."""
    to = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    answer = redirect(to if is_ours else "/")
    value = ".".join(setting.checked(request.POST.get(setting.name, "")) for setting in SETTINGS)
    answer.set_cookie(COOKIE, value, max_age=ONE_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return answer
