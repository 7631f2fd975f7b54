"""Stored price rules: adding, removing, and the cost of a campaign under them."""

from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from getsms_core import phone
from getsms_core.audit import log as audit
from getsms_core.base import names
from getsms_core.base.codes import PriceKind
from getsms_core.base.errors import Conflict, DomainError, NotFound
from getsms_core.base.i18n import _
from getsms_core.base.kinds import MessageKind
from getsms_core.base.permissions import Actor, Permission
from getsms_core.base.settings import MAX_PRICE
from getsms_core.base.states import MessageState
from getsms_core.billing import price_list
from getsms_core.billing.price_list import Rule, Terms
from getsms_core.db.engine import Store, now_ms
from getsms_core.db.models import Account, Audit, Campaign, PriceRule, RollUp
from getsms_core.db.upserts import insert_unless_exists


def all_rules(store: Store) -> list[PriceRule]:
    """Return the rules, by start, latest first."""
    with store.reading() as session:
        order = (col(PriceRule.from_at).desc(), col(PriceRule.id).desc())
        return list(session.exec(select(PriceRule).order_by(*order)))


def account_names(store: Store) -> dict[int, str]:
    """Return the names of the accounts by id."""
    with store.reading() as session:
        return {
            int(account.id or 0): account.name for account in session.exec(select(Account).order_by(col(Account.name)))
        }


def add(
    store: Store,
    actor: Actor,
    price: Decimal,
    from_at: int,
    *,
    account_id: int | None = None,
    sender: str = "",
    number_range: str = "",
    category: str = "",
) -> int:
    """Add a price from an instant on; return the rule's id. An identical rule changes nothing.

    Raises `DomainError`: "not-allowed", "bad-price", "bad-range", "bad-category", "bad-sender", "no-such-account",
    "price-rule-exists" (another price for the same things from the same instant)."""
    actor.must(Permission.SETTINGS)
    if category not in tuple(PriceKind):
        raise DomainError(
            "bad-category",
            _("There is no kind {name}. The kinds are: {names}.").format(name=category, names=", ".join(MessageKind)),
        )
    rule = PriceRule(
        account_id=account_id,
        sender=names.clean("sender", sender),
        number_range=number_range,
        category=PriceKind(category),
        from_at=from_at,
        price=_amount(price),
        created_at=0,
        created_by=actor.name,
    )
    rule.scope_key = scope_key(rule)
    if number_range and number_range not in phone.RANGES:
        raise DomainError(
            "bad-range",
            _("There is no number range {name}. The ranges are: {names}.").format(
                name=number_range, names=", ".join(phone.RANGES)
            ),
        )

    with store.writing() as session:
        if account_id is not None and session.get(Account, account_id) is None:
            raise NotFound("no-such-account", _("There is no account {id}.").format(id=account_id))
        rule.created_at = now_ms(session)
        added = insert_unless_exists(session, rule) if _same(session, rule) is None else None
        if added is None:
            return _unless_other_price(_same(session, rule), rule)
        audit.note(session, actor, "price.add", f"price:{added.id}", **_detail(added))
        return int(added.id or 0)


def remove(store: Store, actor: Actor, rule_id: int) -> None:
    """Remove a rule; priced messages keep their price. A rule that does not exist changes nothing."""
    actor.must(Permission.SETTINGS)
    with store.writing() as session:
        rule = session.get(PriceRule, rule_id)
        if rule is not None:
            audit.note(session, actor, "price.remove", f"price:{rule_id}", **_detail(rule))
            session.delete(rule)


def campaign_price_table(store: Store, campaign: Campaign, at: int | None = None) -> tuple[int, ...]:
    """Return this campaign's price per part (tiyin) for each of `phone.RANGES`, under the rules of its start time where
    that is in the future, else of `at`, else of now."""
    with store.reading() as session:
        now = now_ms(session)
        due = campaign.scheduled_at if (campaign.scheduled_at or 0) > now else None
        return price_table_at(session, campaign, due or at or now)


def cost_at(session: Session, campaign: Campaign, at: int) -> int:
    """Return the cost (tiyin) of a prepared campaign: queued messages under the rules at an instant, sent messages at
    their price, cancelled messages nothing."""
    sums = (sa.func.sum(col(RollUp.parts)), sa.func.sum(col(RollUp.cost)))
    rows = session.execute(
        sa.select(col(RollUp.state), col(RollUp.number_range), *sums)
        .where(col(RollUp.campaign_id) == campaign.id, col(RollUp.state) != MessageState.CANCELLED)
        .group_by(col(RollUp.state), col(RollUp.number_range))
    ).all()
    price = price_table_at(session, campaign, at)
    return sum(
        int(parts) * price[number_range] if state == MessageState.QUEUED else int(cost)
        for state, number_range, parts, cost in rows
    )


def authors(session: Session, campaign: Campaign, at: int) -> set[str]:
    """Return the users who added the price rules of this campaign at an instant, and who changed prices since it was
    created."""
    terms = Terms(campaign.account_id, campaign.sender, campaign.category, at)
    rules = session.exec(select(PriceRule).where(col(PriceRule.from_at) <= at)).all()
    since = sa.select(col(Audit.actor)).where(
        col(Audit.action).in_(("price.add", "price.remove")), col(Audit.at) >= campaign.created_at
    )
    return {rule.created_by for rule in rules if price_list.fits(_rule(rule), terms)} | set(session.scalars(since))


def has_outdated_prices(session: Session, campaign: Campaign, at: int) -> bool:
    """Return whether its messages, all still queued, were priced by other rules than those at an instant."""
    counted = session.execute(
        sa.select(col(RollUp.state), col(RollUp.number_range), col(RollUp.parts), col(RollUp.cost)).where(
            col(RollUp.campaign_id) == campaign.id
        )
    ).all()
    if any(row.state != MessageState.QUEUED for row in counted):
        return False
    price = price_table_at(session, campaign, at)
    return any(row.cost != row.parts * price[row.number_range] for row in counted)


def price_table_at(session: Session, campaign: Campaign, at: int) -> tuple[int, ...]:
    """Return a campaign's price per part (tiyin) for each of `phone.RANGES` under the rules at an instant (UTC ms)."""
    rules = session.exec(select(PriceRule).where(col(PriceRule.from_at) <= at)).all()
    return price_list.price_table(
        [_rule(rule) for rule in rules],
        campaign.price,
        Terms(campaign.account_id, campaign.sender, campaign.category, at),
    )


def _rule(rule: PriceRule) -> Rule:
    return Rule(rule.price, rule.from_at, rule.account_id, rule.sender, rule.number_range, rule.category, rule.id or 0)


def scope_key(rule: PriceRule) -> str:
    """Return the key of what a rule is for and from when. No sender, range or category contains "|"."""
    scope = (rule.account_id or "", rule.sender.casefold(), rule.number_range, rule.category, rule.from_at)
    return "|".join(map(str, scope))


def _same(session: Session, rule: PriceRule) -> PriceRule | None:
    """Return the stored rule for the same things from the same instant; of several of an older release, which have no
    key, the newest, which applies."""
    same = sa.or_(col(PriceRule.scope_key) == rule.scope_key, col(PriceRule.scope_key).is_(None))
    of_instant = select(PriceRule).where(col(PriceRule.from_at) == rule.from_at, same)
    rules = session.exec(of_instant.order_by(col(PriceRule.id).desc()))
    return next((existing for existing in rules if scope_key(existing) == rule.scope_key), None)


def _unless_other_price(existing: PriceRule | None, rule: PriceRule) -> int:
    """Return the id of the rule that exists already. Raises `DomainError` ("price-rule-exists") for another price."""
    if existing is None or existing.price != rule.price:
        price = str(price_list.som(existing.price)) if existing else "–"
        raise Conflict.of("price-rule-exists", price=price)
    return int(existing.id or 0)


def _detail(rule: PriceRule) -> dict[str, object]:
    named = {"account": rule.account_id, "sender": rule.sender, "range": rule.number_range, "category": rule.category}
    return {
        "price": str(price_list.som(rule.price)),
        "from_at": rule.from_at,
        **{name: value for name, value in named.items() if value},
    }


def _amount(price: Decimal) -> int:
    try:
        amount = price_list.tiyin(price)
    except (ValueError, ArithmeticError):
        amount = -1
    if not 0 <= amount <= MAX_PRICE * 100:
        raise DomainError(
            "bad-price",
            _("Write a price from 0 to {most} so'm with at most two decimal places.").format(most=MAX_PRICE),
        )
    return amount
