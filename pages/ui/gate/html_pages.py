"""Pages outside Streamlit, as plain HTML: sign-in, second factor, the first administrator, one-time links, messages."""

from html import escape
from urllib.parse import urlencode

import segno

from getsms_core.base.i18n import LANGUAGES, _, language, ngettext, pgettext
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
_NAME_FIELD = asset("gate/assets/name_field.html").strip()
_PASSWORD_FIELD = asset("gate/assets/password_field.html").strip()
_CODE_FIELD = asset("gate/assets/code_field.html").strip()
_ICON = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<rect width='32' height='32' rx='8' fill='%230f5c5c'/><path d='M7 9h18v12h-9l-5 4v-4H7z' fill='white'/></svg>"
)


def sign_in(nonce: str, target: str, chosen_language: str = "", name: str = "", wrong: str = "") -> str:
    """Return the sign-in page; `target` is the address to open afterwards, and `chosen_language` ("" = none) becomes
    the user's."""
    fields = _name_field(name) + _password_field("current-password")
    hidden = {"language": chosen_language} if chosen_language else None
    form = _form("/sign-in", {"next": target}, _("Sign in"), fields, hidden)
    return _page(nonce, _("Sign in"), form, wrong=wrong, query={"next": target})


def code(nonce: str, target: str, wrong: str = "") -> str:
    """Return the page that asks for a code of the second factor."""
    hint = _("Six digits from your authenticator app, or one of your recovery codes.")
    form = _form("/sign-in/code", {"next": target}, _("Sign in"), _code_field(hint))
    form += f'<p><a href="/sign-out">{escape(_("Sign out"))}</a></p>'
    return _page(nonce, _("Second factor"), form, wrong=wrong, query={"next": target})


def confirm_sign_out(nonce: str) -> str:
    """Return the page that asks before it signs out: a link on another site led here."""
    form = _form("/sign-out", {}, _("Sign out"), "")
    return _page(nonce, _("Sign out"), f"<p>{escape(_('Do you want to sign out?'))}</p>{form}")


def welcome(nonce: str, token: str, name: str = "", wrong: str = "") -> str:
    """Return the page of the first start: the administrator's name and password."""
    introduction = _("Choose a name and a password for the administrator. Add other users later in Settings.")
    hint = _("At least {least} characters. Keep it safe: no other user can sign in yet.").format(least=PASSWORD_LENGTH)
    fields = _name_field(name) + _password_field("new-password", hint)
    form = _form("/welcome", {}, _("Begin"), fields, {"token": token})
    return _page(nonce, _("Welcome"), f"<p>{escape(introduction)}</p>{form}", wrong=wrong, query={"token": token})


def join(nonce: str, token: str, name: str, wrong: str = "") -> str:
    """Return the page of a one-time link: the user's new password."""
    introduction = _("Choose a password for {name}. This link works once.").format(name=name)
    hint = _("At least {least} characters.").format(least=PASSWORD_LENGTH)
    form = _form("/join", {}, _("Set the password"), _password_field("new-password", hint), {"token": token})
    return _page(nonce, _("Welcome"), f"<p>{escape(introduction)}</p>{form}", wrong=wrong, query={"token": token})


def set_up_second_factor(nonce: str, secret: str, uri: str, ask_password: bool, target: str, wrong: str = "") -> str:
    """Return the page with the QR code of a new secret, which asks for its first code."""
    introduction = _("Scan this code with an authenticator app, or type the key into it. Then enter the app's code.")
    picture = segno.make(uri, micro=False).svg_data_uri(scale=4, border=3)
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    body = (
        f'<p>{escape(introduction)}</p><img class="qr" src="{escape(picture)}" alt="{escape(_("QR code"))}">'
        f"<p>{escape(_('Key'))}: <code>{escape(spaced)}</code></p>"
    )
    fields = _password_field("current-password") if ask_password else ""
    fields += _code_field(_("Six digits from your authenticator app."))
    form = _form("/two-factor", {"next": target}, _("Turn on"), fields, {"secret": secret})
    return _page(nonce, _("Second factor"), body + form, wrong=wrong, query={"next": target})


def recovery_codes(nonce: str, codes: list[str], target: str) -> str:
    """Return the page that shows the recovery codes, once."""
    introduction = _(
        "The second factor is on. Keep these recovery codes: each replaces a code once, when the phone is lost. They "
        "are not shown again."
    )
    items = "".join(f"<li><code>{escape(code)}</code></li>" for code in codes)
    link = f'<p><a href="{escape(target)}">{escape(_("Continue"))}</a></p>'
    body = f'<p>{escape(introduction)}</p><ul class="codes">{items}</ul>{link}'
    return _page(nonce, _("Recovery codes"), body, languages=False)


def second_factor(nonce: str, codes_left: int, may_turn_off: bool, wrong: str = "") -> str:
    """Return the page of a user who has a second factor: how many recovery codes are left, a way to new ones, and
    a way to turn it off, unless the role requires it."""
    introduction = ngettext(
        "The second factor is on. {n} recovery code is left. New ones replace it.",
        "The second factor is on. {n} recovery codes are left. New ones replace them.",
        codes_left,
    ).format(n=codes_left)
    # The first button is the one that Enter presses.
    buttons = f'<button class="go" name="new-codes" value="1">{escape(_("Get new recovery codes"))}</button>'
    if may_turn_off:
        buttons += f'<button class="other">{escape(_("Turn off"))}</button>'
    fields = _code_field(_("Six digits, or one of your recovery codes."))
    form = _FORM.format(action=_action("/two-factor", {}), fields=fields, hidden="", buttons=buttons)
    back = f'<p><a href="/account">{escape(_("Back"))}</a></p>'
    return _page(nonce, _("Second factor"), f"<p>{escape(introduction)}</p>{form}{back}", wrong=wrong)


def message_page(nonce: str, title: str, body: str, link: str = "", label: str = "") -> str:
    """Return a page with one message and at most one link."""
    link_html = f'<p><a href="{escape(link)}">{escape(label)}</a></p>' if link else ""
    return _page(nonce, title, f"<p>{escape(body)}</p>{link_html}")


def _page(
    nonce: str, title: str, body: str, wrong: str = "", query: dict[str, str] | None = None, languages: bool = True
) -> str:
    links = []
    for code, name in LANGUAGES.items() if languages else ():
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


def _name_field(name: str) -> str:
    return _NAME_FIELD.format(label=escape(pgettext("person", "Name")), name=escape(name))


def _password_field(kind: str, hint: str = "") -> str:
    return _PASSWORD_FIELD.format(
        label=escape(_("Password")),
        kind=kind,
        least=f' minlength="{PASSWORD_LENGTH}" aria-describedby="hint"' if hint else "",
        show=escape(_("Show")),
        hide=escape(_("Hide")),
        hint=escape(hint),
    )


def _code_field(hint: str) -> str:
    return _CODE_FIELD.format(label=escape(_("Code")), hint=escape(hint))


def _action(path: str, query: dict[str, str]) -> str:
    return escape(f"{path}?{urlencode({**query, 'lang': language()})}")


def _form(path: str, query: dict[str, str], go: str, fields: str, hidden: dict[str, str] | None = None) -> str:
    return _FORM.format(
        action=_action(path, query),
        fields=fields,
        buttons=f'<button class="go">{escape(go)}</button>',
        hidden="".join(
            f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">'
            for key, value in (hidden or {}).items()
        ),
    )
