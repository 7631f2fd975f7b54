"""The closed sets of texts that columns store, without states (`states`, `work_states`), roles (`permissions`)
and those of `kinds`."""

from datetime import date
from enum import StrEnum

NO_BIRTHDAY = date(1970, 1, 1)
"""The day of a condition without a birthday, as a campaign's `condition_day` stores it."""


class Language(StrEnum):
    """A language of the screens and of templates."""

    EN = "en"
    UZ = "uz"
    RU = "ru"


class Encoding(StrEnum):
    """The two alphabets that an SMS can travel in."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


class PriceKind(StrEnum):
    """The kind of message that a price rule is for: `kinds.MessageKind`, or any."""

    ANY = ""
    SERVICE = "service"
    ADVERTISING = "advertising"


class AttemptOutcome(StrEnum):
    """What came of an attempt to POST a chunk. `part`: its messages have different results. `nothing-left` is the
    stored word for "nothing was sent". `late`: the answer came after the chunk was uncertain."""

    ACCEPTED = "accepted"
    PART = "part"
    REJECTED = "rejected"
    NOTHING_SENT = "nothing-left"
    UNCERTAIN = "uncertain"
    LATE = "late"


class SetAsideReason(StrEnum):
    """Why a status record is set aside."""

    RECIPIENT = "recipient"
    IDS = "ids"
    AMBIGUOUS = "ambiguous"
    UNREADABLE = "unreadable"


class Erasure(StrEnum):
    """Whether the texts and numbers of a campaign are gone. `asked` and `erasing` are words of release 0.1;
    `jobs.previous_release` takes such campaigns over."""

    NONE = ""
    ASKED = "asked"
    ERASING = "erasing"
    DONE = "done"


class SavedReportKind(StrEnum):
    """What a saved report mails: a report, or (`watch`) the delivery alerts."""

    REPORT = "report"
    WATCH = "watch"


class ExportFormat(StrEnum):
    """The format of a file that a worker writes."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSON = "json"
    PDF = "pdf"


class RequestKind(StrEnum):
    """What a request that may arrive twice creates."""

    LIST = "list"
    CAMPAIGN = "campaign"
    RESPONSES = "responses"


class Pending(StrEnum):
    """What a session waits for before it has any rights: a code of the second factor, or that the user sets one up."""

    NOTHING = ""
    CODE = "code"
    SET_UP = "set-up"


class SessionEnd(StrEnum):
    """Why a session ended before its time; `NONE`: it has not."""

    NONE = ""
    SIGN_OUT = "sign-out"
    REVOKED = "revoked"
    DISABLED = "disabled"
    PASSWORD = "password"  # noqa: S105
    ROLE = "role"
    TWO_FACTOR = "two-factor"


class NoticeEvent(StrEnum):
    """What users may be notified of."""

    APPROVAL = "approval-waits"
    DECIDED = "decided"
    FINISHED = "finished"
    PAUSED = "paused"
    RECEIPTS = "receipts-refused"
    SPENDING = "spending"
    WORSE = "delivery-worse"
    BACKUP = "backup-failed"
    TEMPLATE_WAITS = "template-waits"
    TEMPLATE_DECIDED = "template-decided"
