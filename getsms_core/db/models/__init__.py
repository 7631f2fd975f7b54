"""The tables. Instants are UTC milliseconds (`*_at`), money is tiyin, phones are integers 998XXXXXXXXX.

The models have a registry of their own, so that a page that Streamlit loads again does not define a table twice. Import
from this package, which loads every table: foreign keys name tables of other modules.
"""

from getsms_core.db.models.accounts import Account, PriceRule
from getsms_core.db.models.audit import Audit
from getsms_core.db.models.base import (
    BIG_INTEGER,
    NAMING_CONVENTION,
    SPAN,
    EnumText,
    Table,
    enum_text,
    message_values,
    table,
)
from getsms_core.db.models.campaigns import (
    NEVER_REPLACED,
    Campaign,
    CampaignTag,
    Excluded,
    ExcludedRollUp,
    Response,
    ResponseEvent,
    ResponseUpload,
    ResponseUploadPart,
    ResponseVersion,
    reason_values,
)
from getsms_core.db.models.delivery import (
    ATTEMPT_NOTHING_SENT,
    CHUNK_QUEUED,
    CHUNK_SENDING,
    MESSAGE_UNCERTAIN,
    Attempt,
    Chunk,
    Message,
)
from getsms_core.db.models.exports import Alert, Export, Salt, SavedReport
from getsms_core.db.models.jobs import JOB_OPEN, JOB_QUEUED, JOB_RUNNING, Job
from getsms_core.db.models.lists import Contact, ListBlock, ListFile, OptOut, RecipientList, Segment
from getsms_core.db.models.notices import Notice, NoticeChoice
from getsms_core.db.models.numbers import ListNumbers, MessageNumbers, NumberErasure
from getsms_core.db.models.receipts import Receipt, SetAside, StatusFault
from getsms_core.db.models.requests import RequestResult
from getsms_core.db.models.rollups import (
    CutColumn,
    CutRollUp,
    CutTotalRollUp,
    DeliveryTimeRollUp,
    HourlyDeliveryTimeRollUp,
    ReasonRollUp,
    RollUp,
    VariantRollUp,
)
from getsms_core.db.models.templates import Template
from getsms_core.db.models.users import (
    OneTimeLink,
    RecoveryCode,
    RememberedChoice,
    SignInAttempt,
    SignInSession,
    TwoFactorRole,
    User,
)
from getsms_core.db.models.workers import AppServer, Worker

__all__ = [
    "ATTEMPT_NOTHING_SENT",
    "BIG_INTEGER",
    "CHUNK_QUEUED",
    "CHUNK_SENDING",
    "JOB_OPEN",
    "JOB_QUEUED",
    "JOB_RUNNING",
    "MESSAGE_UNCERTAIN",
    "NAMING_CONVENTION",
    "NEVER_REPLACED",
    "SPAN",
    "Account",
    "Alert",
    "AppServer",
    "Attempt",
    "Audit",
    "Campaign",
    "CampaignTag",
    "Chunk",
    "Contact",
    "CutColumn",
    "CutRollUp",
    "CutTotalRollUp",
    "DeliveryTimeRollUp",
    "EnumText",
    "Excluded",
    "ExcludedRollUp",
    "Export",
    "HourlyDeliveryTimeRollUp",
    "Job",
    "ListBlock",
    "ListFile",
    "ListNumbers",
    "Message",
    "MessageNumbers",
    "Notice",
    "NoticeChoice",
    "NumberErasure",
    "OneTimeLink",
    "OptOut",
    "PriceRule",
    "ReasonRollUp",
    "Receipt",
    "RecipientList",
    "RecoveryCode",
    "RememberedChoice",
    "RequestResult",
    "Response",
    "ResponseEvent",
    "ResponseUpload",
    "ResponseUploadPart",
    "ResponseVersion",
    "RollUp",
    "Salt",
    "SavedReport",
    "Segment",
    "SetAside",
    "SignInAttempt",
    "SignInSession",
    "StatusFault",
    "Table",
    "Template",
    "TwoFactorRole",
    "User",
    "VariantRollUp",
    "Worker",
    "enum_text",
    "message_values",
    "reason_values",
    "table",
]
