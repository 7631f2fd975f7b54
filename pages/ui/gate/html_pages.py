"""Pages outside Streamlit, as plain HTML: sign-in, the first administrator, messages."""

from html import escape
from urllib.parse import urlencode

from getsms_core.base.i18n import LANGUAGES, _, language, pgettext
from getsms_core.users.passwords import PASSWORD_LENGTH
from pages.ui.shared.asset_files import asset
from pages.ui.shared.static_assets import first
from pages.ui.shared.style import GATE_CSS, variables

_MARK = asset("gate/assets/mark.svg").strip()
_SHOW_PASSWORD_JS = asset("gate/assets/show_password.js")


def content_security_policy(nonce: str) -> str:
    """Return the Content-Security-Policy of these pages: their own style and one script, nothing else."""
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


_PAGE = asset("gate/assets/page.html").strip()
_FORM = asset("gate/assets/form.html").strip()
_ICON = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<rect width='32' height='32' rx='8' fill='%230f5c5c'/><path d='M7 9h18v12h-9l-5 4v-4H7z' fill='white'/></svg>"
)


def sign_in(nonce: str, target: str, name: str = "", wrong: str = "") -> str:
    """Return the sign-in page; `target` is the address to open afterwards."""
    form = _form("/sign-in", {"next": target}, "current-password", _("Sign in"), name=name)
    return _page(nonce, _("Sign in"), form, wrong=wrong, query={"next": target})


def welcome(nonce: str, token: str, name: str = "", wrong: str = "") -> str:
    """Return the page of the first start: the administrator's name and password."""
    introduction = _("Choose a name and a password for the administrator. Add other users later in Settings.")
    hint = _("At least {least} characters. Keep it safe: no other user can sign in yet.").format(least=PASSWORD_LENGTH)
    form = _form("/welcome", {}, "new-password", _("Begin"), name=name, hint=hint, hidden={"token": token})
    return _page(nonce, _("Welcome"), f"<p>{escape(introduction)}</p>{form}", wrong=wrong, query={"token": token})


def message_page(nonce: str, title: str, body: str, link: str = "", label: str = "") -> str:
    """Return a page with one message and at most one link."""
    link_html = f'<p><a href="{escape(link)}">{escape(label)}</a></p>' if link else ""
    return _page(nonce, title, f"<p>{escape(body)}</p>{link_html}")


def _page(nonce: str, title: str, body: str, wrong: str = "", query: dict[str, str] | None = None) -> str:
    links = []
    for code, name in LANGUAGES.items():
        current = ' aria-current="true"' if code == language() else ""
        links.append(
            f'<a lang="{code}" href="?{escape(urlencode({**(query or {}), "lang": code}))}"{current}>{name}</a>'
        )
    return _PAGE.format(
        language=language(),
        title=escape(title),
        icon=escape(_ICON),
        nonce=nonce,
        css=variables() + GATE_CSS,
        mark=_MARK,
        alert=f'<div class="wrong" role="alert">{escape(wrong)}</div>' if wrong else "",
        body=body,
        label=escape(_("Language")),
        links="".join(links),
        script=_SHOW_PASSWORD_JS,
        # The app is loaded while the user types a password; the nonce lets these through the CSP.
        ahead="".join(f'<link rel="modulepreload" crossorigin nonce="{nonce}" href="{path}">' for path in first()),
    )


def _form(
    path: str,
    query: dict[str, str],
    kind: str,
    go: str,
    name: str,
    hint: str = "",
    hidden: dict[str, str] | None = None,
) -> str:
    return _FORM.format(
        action=escape(f"{path}?{urlencode({**query, 'lang': language()})}"),
        name_label=escape(pgettext("person", "Name")),
        name=escape(name),
        password_label=escape(_("Password")),
        kind=kind,
        least=f' minlength="{PASSWORD_LENGTH}" aria-describedby="hint"' if hint else "",
        show=escape(_("Show")),
        hide=escape(_("Hide")),
        hint=escape(hint),
        go=escape(go),
        hidden="".join(
            f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">'
            for key, value in (hidden or {}).items()
        ),
    )
