"""`getsms doctor`: check the settings, the database and the gateway without sending an SMS."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from getsms_core.base.errors import DomainError
from getsms_core.base.i18n import _, ngettext
from getsms_core.cli import doctor_files
from getsms_core.cli.framework import answer, clock, database, json_option, settings_in_force

if TYPE_CHECKING:
    from getsms_core.base.settings import Settings
    from getsms_core.db.engine import Store

LOCKED_MS = 3_000


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> int:
    """Check the settings, the database and the gateway (login, IP address, reachability) and say what to do. No SMS is
    sent. Exit code 1 if anything fails."""
    checks: list[dict[str, object]] = []
    try:
        settings = settings_in_force()
    except DomainError as refusal:
        checks.append(_failed("settings", refusal))
    else:
        checks.append(_fine("settings", _mode(settings)))
        looks = [("database", _database), ("workers", _workers), ("gateway", _gateway), ("sender", _sender)]
        looks += [("mail", _mail)] if settings.smtp_host else []
        looks += [("folder", _folder)] if _writes_reports(settings) else []
        looks += [("files", doctor_files.files), ("secret", doctor_files.secret)]
        checks += [_looked(name, look, settings) for name, look in looks]
        checks += _other_logins(settings)
    bad = [check for check in checks if not check["ok"]]
    document: dict[str, object] = {"ok": not bad, "checks": checks}
    if bad:
        document |= {"error": bad[0]["code"], "message": bad[0]["message"]}
    lines = (f"{_label(check):8}{check['check']:10}{check['message']}" for check in checks)
    answer(as_json, document, lines)
    if bad and as_json:
        click.echo(bad[0]["message"], err=True)
    return 1 if bad else 0


def _label(check: dict[str, object]) -> str:
    if not check["ok"]:
        return _("FAILED")
    return _("warning") if check.get("warning") else _("ok")


def _other_logins(settings: "Settings") -> list[dict[str, object]]:
    """Return a warning for each started campaign of another login: it is not an error, but no worker sends it."""
    from getsms_core.campaigns import logins

    if not _there(settings):
        return []
    try:
        with database(settings) as store, store.reading() as session:
            campaigns = logins.campaigns_of_other_logins(session, settings)
    except DomainError:
        return []  # reported by the check of the database
    return [
        {
            "check": "campaign",
            "ok": True,
            "code": "other-login",
            "message": campaign.warning,
            "warning": True,
            "campaign": campaign.campaign_id,
        }
        for campaign in campaigns
    ]


def _fine(name: str, message: str, **more: object) -> dict[str, object]:
    return {"check": name, "ok": True, "code": "ok", "message": message, **more}


def _failed(name: str, refusal: DomainError) -> dict[str, object]:
    return {"check": name, "ok": False, "code": refusal.code, "message": refusal.message}


def _looked(name: str, look: "Callable[[Settings], dict[str, object]]", settings: "Settings") -> dict[str, object]:
    try:
        return look(settings)
    except DomainError as refusal:
        return _failed(name, refusal)


def _mode(settings: "Settings") -> str:
    if settings.sandbox:
        return _("Sandbox: GETSMS_LOGIN is not set, so nothing leaves this machine.")
    return _("Live: login {login} at {url}.").format(login=settings.login, url=settings.shown_url)


def _database(settings: "Settings") -> dict[str, object]:
    if not _there(settings):
        return _missing(_sqlite(settings).absolute())
    with database(settings) as store:
        kind, version = _writable(store)
    sentence = _("{kind} {version}: reachable and writable.").format(kind=kind, version=version)
    return _fine("database", sentence, kind=kind, version=version)


def _sqlite(settings: "Settings") -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def _there(settings: "Settings") -> bool:
    """Return whether the database exists: the first command that needs it creates the SQLite file, not this one."""
    return not settings.database_url.startswith("sqlite:///") or _sqlite(settings).exists()


def _missing(file: Path) -> dict[str, object]:
    import tempfile

    folder = next(folder for folder in file.parents if folder.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()  # os.access is not enough: root may write everywhere
    except OSError:
        raise DomainError(
            "database-read-only",
            _("There is no database yet, and this user may not write to {folder}. Change GETSMS_DATABASE_URL.").format(
                folder=folder
            ),
        ) from None
    return _fine(
        "database", _("There is no database yet; the first command that needs it creates {file}.").format(file=file)
    )


def _writable(store: "Store") -> tuple[str, str]:
    """Take the write lock and release it. Raises `DomainError` with the sentence of the store."""
    import sqlalchemy as sa

    if store.sqlite:
        with store.engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={LOCKED_MS}")
            version = str(connection.exec_driver_sql("SELECT sqlite_version()").scalar())
    else:
        version = ""
    with store.writing() as session:
        if store.sqlite:
            session.execute(sa.text("CREATE TEMP TABLE IF NOT EXISTS doctor (n INTEGER)"))
        else:
            version = str(session.scalar(sa.text("SHOW server_version")))
            if session.scalar(sa.text("SHOW transaction_read_only")) == "on":
                raise DomainError(
                    "database-read-only",
                    _("The database server accepts no writes: it is a replica or read-only."),
                )
        session.rollback()
    return ("SQLite" if store.sqlite else "PostgreSQL"), version


def _workers(settings: "Settings") -> dict[str, object]:
    if not _there(settings):
        return _fine("workers", _("No worker is running."), workers=0)
    from getsms_core.delivery import workers_online

    with database(settings) as store:
        n = len(workers_online.present(store))
    sentence = (
        ngettext("{n} is running.", "{n} are running.", n).format(n=n)
        if n
        else _("No worker is running. Start one with: getsms worker")
    )
    return _fine("workers", sentence, workers=n)


def _sender(settings: "Settings") -> dict[str, object]:
    name = settings.nickname
    if not name:
        return _fine("sender", _("No sender name is set: SMS are sent from a short number."))
    if not _there(settings):
        return _fine("sender", _("“{name}” has not been used yet.").format(name=name))
    from getsms_core import reports

    with database(settings) as store:
        sender_name = reports.sender_name(store, None, name)
    if sender_name.refused:
        refusal = _("The gateway refused “{name}” on {when}. Choose a registered one (GETSMS_NICKNAME).")
        raise DomainError("nickname-wrong", refusal.format(name=name, when=clock(sender_name.refused_at, settings)))
    if sender_name.taken_at is None:
        sentence = _("“{name}” has not been used yet. The gateway checks it only when a message is submitted.")
        return _fine("sender", sentence.format(name=name))
    sentence = _("“{name}” was accepted, last on {when}.")
    return _fine("sender", sentence.format(name=name, when=clock(sender_name.taken_at, settings)))


def _mail(settings: "Settings") -> dict[str, object]:
    from getsms_core.mail import message as mail

    mail.check_connection(settings)
    return _fine("mail", _("{host} can be used.").format(host=settings.smtp_host))


def _writes_reports(settings: "Settings") -> bool:
    """Return whether any saved report is written to the folder; False if the database, which has its own check, does
    not answer."""
    if not _there(settings):
        return False
    from getsms_core.scheduled import reports as saved_reports

    try:
        with database(settings) as store:
            return any(saved_reports.plan_of(report).folder for report in saved_reports.everything(store))
    except DomainError:
        return False


def _folder(settings: "Settings") -> dict[str, object]:
    from getsms_core.scheduled import runner

    runner.check_folder(settings.reports_folder)
    return _fine("folder", _("Reports can be written to {folder}.").format(folder=settings.reports_folder))


def _gateway(settings: "Settings") -> dict[str, object]:
    from getsms_core.cli.worker import client
    from getsms_core.serve import start_sandbox

    sandbox = start_sandbox(settings)
    try:
        probe = client(settings, sandbox.url if sandbox else "").probe()
    finally:
        if sandbox is not None:
            sandbox.stop()
    message = probe.message
    if sandbox is not None:
        message = _("The practice gateway.") + " " + message
    if probe.outgoing_ip:
        message += " " + _("It sees this machine as {ip}.").format(ip=probe.outgoing_ip)
    return {
        "check": "gateway",
        "ok": probe.ok,
        "code": probe.code,
        "message": message,
        "outgoing_ip": probe.outgoing_ip,
    }
