"""The types of the rows that core functions return, for annotations only: at run time no page imports a model."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from getsms_core.db.models import (
        Audit,
        Campaign,
        Export,
        OptOut,
        PriceRule,
        RecipientList,
        SavedReport,
        Template,
    )
else:
    Audit = Campaign = Export = OptOut = PriceRule = RecipientList = SavedReport = Template = object

__all__ = ["Audit", "Campaign", "Export", "OptOut", "PriceRule", "RecipientList", "SavedReport", "Template"]
