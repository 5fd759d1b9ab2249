"""From one ``<prospect>`` to the values of a lead."""

import hashlib
import json
from datetime import datetime
from typing import Any, NamedTuple

from .tree import Node
from .values import to_moment, to_number

#: vehicles that the customer has and offers
OFFERED = ("trade-in", "tradein", "trade in", "trade", "sell")
MOBILE = ("cellphone", "cell", "mobile", "mobilephone")
NO_VOICE = ("fax", "pager")
#: prices of a vehicle that the customer wants, the most telling first
PRICES = ("offer", "quote", "asking", "call", "", "invoice", "msrp")
NAME_PARTS = ("first", "middle", "last", "suffix")


class Prospect(NamedTuple):
    """One person's request."""

    #: what the source calls it; "" if it has no number
    number: str
    #: who numbered it, or sent it; may be ""
    source: str
    #: SHA-256 in hex of everything that it says
    digest: str
    #: in UTC; without a zone if the document names none
    requested: datetime | None
    #: payload of the intake (``dealer_crm_lead_intake.py``), with ``country`` and ``region`` as they
    #: are written
    values: dict[str, Any]
    #: currency of the amounts; "" if none is named
    currency: str
    #: "path: text" of everything else
    others: list[str]


def read_prospect(node: Node) -> Prospect:
    """What a prospect says; every part may be missing."""
    values: dict[str, Any] = {}
    content = json.dumps(node.content(), ensure_ascii=False)
    number, source = _read_number(node)
    moment = node.first("requestdate")
    requested = to_moment(moment.peek())
    if requested:
        moment.take()
    customer = node.find("customer") or node
    values.update(_read_contact(customer))
    values.update(_read_time_frame(customer.first("timeframe")))
    vehicles = node.all("vehicle")
    offered = [each for each in vehicles if each.get("interest") in OFFERED]
    currencies: list[str] = []
    if offered:
        values.update(_read_offered(offered[0], currencies))
    wanted = [each for each in vehicles if each.get("interest") not in OFFERED]
    if wanted:
        values.update(_read_wanted(wanted[0], currencies))
    if provider := _read_provider(node.find("provider")):
        values["source"] = provider
    comments = [node, customer, *wanted[:1], *offered[:1]]
    lines = [each.take_lines() for parent in comments for each in parent.all("comments", "comment")]
    values["customer_notes"] = "\n".join(dict.fromkeys(lines))
    return Prospect(
        number,
        source or values.get("source", ""),
        hashlib.sha256(content.encode()).hexdigest(),
        requested,
        {key: value for key, value in values.items() if value not in ("", None, False)},
        next(iter(currencies), ""),
        [*_interests(wanted[:1], offered[:1]), *node.rest()],
    )


def _read_number(node: Node) -> tuple[str, str]:
    ids = sorted(node.all("id"), key=lambda each: to_number(each.get("sequence")) or 0)
    if not ids:
        return "", ""
    return ids[0].take(), ids[0].attributes.get("source", "")


def _interests(*vehicles: list[Node]) -> list[str]:
    """Lines about interests that no field holds: test-drive, sell, …"""
    interests = [each.get("interest") for lot in vehicles for each in lot]
    return [
        f"vehicle interest: {each}" for each in interests if each not in ("", "buy", "trade-in")
    ]


def _read_contact(customer: Node) -> dict[str, str]:
    contacts = customer.all("contact")
    primary = [each for each in contacts if each.get("primarycontact") in ("1", "yes", "true")]
    contact = next(iter([*primary, *contacts]), customer)
    values = {"contact_name": _read_name(contact)}
    emails = _preferred(contact.all("email"))
    if emails := [each for each in emails if "@" in each.peek()]:
        values["email"] = emails[0].take()
    for phone in _preferred(contact.all("phone")):
        kind = "mobile" if phone.get("type") in MOBILE else "phone"
        if kind not in values and phone.get("type") not in NO_VOICE and _has_digits(phone):
            values[kind] = phone.take()
    if address := contact.first("address") or customer.first("address"):
        values.update(_read_address(address))
    return values


def _preferred(nodes: list[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: node.get("preferredcontact") not in ("1", "yes", "true"))


def _has_digits(node: Node) -> bool:
    return any(char.isdigit() for char in node.peek())


def _read_name(contact: Node) -> str:
    """The name of the person, or of the business if it names no person."""
    names = contact.all("name")
    people = [each for each in names if each.get("type") != "business"] or names
    parts = {part: each for each in reversed(people) for part in [each.get("part") or "full"]}
    if "full" not in parts and (found := [parts[name] for name in NAME_PARTS if name in parts]):
        return " ".join(each.take() for each in found)
    name = parts.get("full") or next(iter(people), None)
    if not name:
        return ""
    full = name.take()
    for each in people:
        if each.peek() in full:
            each.take()
    return full


def _read_address(address: Node) -> dict[str, str]:
    streets = sorted(address.all("street"), key=lambda each: to_number(each.get("line")) or 0)
    lines = [each.take() for each in [*streets, *address.all("apartment")]]
    return {
        "street": lines[0] if lines else "",
        "street2": ", ".join(lines[1:]),
        "city": address.first("city").take(),
        "region": address.first("regioncode").take(),
        "zip": address.first("postalcode").take(),
        "country": address.first("country").take(),
    }


def _read_time_frame(frame: Node) -> dict[str, str]:
    latest = frame.first("latestdate")
    deadline = to_moment(latest.peek())
    if deadline:
        latest.take()
    return {
        "time_frame": frame.first("description").take(),
        "date_deadline": deadline and deadline.date().isoformat(),
    }


def _read_wanted(vehicle: Node, currencies: list[str]) -> dict[str, Any]:
    words = [vehicle.first(name).take() for name in ("year", "make", "model", "trim")]
    title = " ".join(filter(None, words))
    stock, vin = vehicle.first("stock").take(), vehicle.first("vin").take()
    numbers = [vehicle.get("status"), stock and f"stock {stock}", vin and f"VIN {vin}"]
    values = {
        "brand": words[1],
        "product_code": stock or vin,
        "product_name": " ".join(filter(None, words[1:])),
        "vehicle_model_text": ", ".join(filter(None, [title, *numbers]))
        if any([title, stock, vin])
        else "",
        "preferred_color": _read_color(vehicle),
        "expected_price": _read_price(vehicle, PRICES, currencies),
    }
    finance = vehicle.first("finance")
    method = finance.first("method")
    kind = method.peek().lower()
    if vehicle.get("interest") == "lease" or kind == "lease":
        values.update(financing_type="lease", financing_needed=True)
    elif kind == "cash":
        values["financing_type"] = "cash"
    elif kind == "finance":
        values["financing_needed"] = True
    if kind in ("lease", "cash", "finance"):
        method.take()
    for amount in finance.all("amount"):
        for key in _amount_keys(amount):
            if (number := _read_amount(amount, currencies)) is not None:
                values[key] = number
    if values.get("budget_max") and values.get("budget_min", 0) > values["budget_max"]:
        values["budget_min"], values["budget_max"] = values["budget_max"], values["budget_min"]
    return values


def _amount_keys(amount: Node) -> tuple[str, ...]:
    """The fields for an amount of the financing; none for a monthly rate."""
    if amount.get("type") == "downpayment":
        return ("down_payment",)
    if amount.get("type") != "total":
        return ()
    limits = {"maximum": ("budget_max",), "minimum": ("budget_min",)}
    return limits.get(amount.get("limit"), ("budget_min", "budget_max"))


def _read_offered(vehicle: Node, currencies: list[str]) -> dict[str, Any]:
    year, odometer = vehicle.first("year"), vehicle.first("odometer")
    values = {
        "has_trade_in": True,
        "trade_in_make": vehicle.first("make").take(),
        "trade_in_model": " ".join(
            filter(None, [vehicle.first("model").take(), vehicle.first("trim").take()])
        ),
        "trade_in_value": _read_price(
            vehicle, ("asking", "offer", "", "quote", "appraisal"), currencies
        ),
    }
    if year.peek().isdecimal() and len(year.peek()) == 4:
        values["trade_in_year"] = int(year.take())
    if (mileage := to_number(odometer.peek())) is not None:
        values["trade_in_mileage"] = round(mileage)
        # Miles or kilometres: only the notes say it.
        if not odometer.get("units"):
            odometer.take()
    return values


def _read_color(vehicle: Node) -> str:
    """The exterior colour that the customer prefers."""
    colors = sorted(
        vehicle.all("colorcombination"),
        key=lambda each: to_number(each.first("preference").peek()) or 0,
    )
    return next((each.first("exteriorcolor").take() for each in colors), "")


def _read_price(vehicle: Node, kinds: tuple[str, ...], currencies: list[str]) -> float | None:
    """The first price that is a number, in the order of ``kinds``."""
    prices = [each for each in vehicle.all("price") if each.get("type") in kinds]
    for price in sorted(prices, key=lambda each: kinds.index(each.get("type"))):
        is_whole = price.get("delta") in ("", "absolute") and not price.get("relativeto")
        if is_whole and (number := _read_amount(price, currencies)) is not None:
            return number
    return None


def _read_amount(node: Node, currencies: list[str]) -> float | None:
    """The amount, if its currency is that of the amounts read before; remembers the currency."""
    number, currency = to_number(node.peek()), node.get("currency").upper()
    if number is None or (currency and currencies and currency != currencies[0]):
        return None
    node.take()
    if currency:
        currencies.append(currency)
    return number


def _read_provider(provider: Node) -> str:
    name = provider.first("name") or provider.first("service")
    return name.take()
