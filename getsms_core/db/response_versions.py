"""Which rows of responses count: an upload is written in portions, and published by one change of its campaign's
`ResponseVersion`."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from getsms_core.db.models import Response, ResponseEvent, ResponseVersion


def responded(campaign_id: int) -> sa.Select[Any]:
    """Return the query for the ids of a campaign's messages that have a response."""
    return sa.select(col(Response.message_id)).where(col(Response.campaign_id) == campaign_id, published(Response))


def published(rows: type[Response] | type[ResponseEvent]) -> sa.ColumnElement[bool]:
    """Return the condition for rows that count: not those of an upload that is being written or was broken off, and
    not those that another upload replaced."""
    hidden = [col(rows.version) > col(ResponseVersion.newest), col(rows.version) < col(ResponseVersion.oldest)]
    if rows is Response:
        hidden.append(col(Response.replaced_in) <= col(ResponseVersion.newest))
    return ~sa.exists().where(col(ResponseVersion.campaign_id) == col(rows.campaign_id), sa.or_(*hidden))
