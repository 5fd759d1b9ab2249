"""Concurrent requests of people and the BPO, with real processes on one database.

The test holds a lock that stops both requests in the middle of their transactions; when it releases
the lock, they continue together.
"""

from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from .concurrency import (
    CHATTER,
    LEAD,
    NAMES,
    OUTBOX,
    at_once,
    held,
    make_order,
    one_after_another,
    people,
    ref,
    reports,
    served_twice,
    split,
    waiting,
)
from .faults.inbox import FakeInbox
from .harness import wait_until
from .web import Browser, RpcError


@pytest.fixture(scope="module")
def dealer(peers_of, tmp_path_factory):
    with served_twice(peers_of, tmp_path_factory.mktemp("dealer")) as dealer:
        yield dealer


def test_two_admins_create_the_same_stage(dealer):
    one, two = people(dealer, "admin", "admin")
    answers, errors = split(
        at_once(
            dealer,
            NAMES,
            (),
            lambda: one.create("dealer.crm.stage", name="Inspection"),
            lambda: two.create("dealer.crm.stage", name=" INSPECTION"),
        )
    )
    assert len(answers) == len(errors) == 1
    assert errors[0].name == "odoo.exceptions.ValidationError"
    assert "inspection" in errors[0].message.lower() and "already" in errors[0].message
    names = dealer.db.query("SELECT name->>'en_US' AS name FROM dealer_crm_stage")
    assert len([row for row in names if row["name"].strip().lower() == "inspection"]) == 1


def test_two_admins_rename_two_stages_alike(dealer):
    one, two = people(dealer, "admin", "admin")
    first, second = (one.create("dealer.crm.stage", name=name) for name in ("Left", "Right"))
    answers, errors = split(
        at_once(
            dealer,
            NAMES,
            (),
            lambda: one.call("dealer.crm.stage", "write", [first], {"name": "Middle"}),
            lambda: two.call(
                "dealer.crm.stage",
                "update_field_translations",
                [second],
                "name",
                {"en_US": "middle"},
            ),
        )
    )
    assert answers == [True]
    assert [error.name for error in errors] == ["odoo.exceptions.ValidationError"]


def test_two_admins_set_the_won_flag(dealer):
    one, two = people(dealer, "admin", "admin")
    won = ref(dealer, "stage_won")
    one.call("dealer.crm.stage", "write", [won], {"is_won": False})
    first, second = (one.create("dealer.crm.stage", name=name) for name in ("Paid", "Handed Over"))
    lock = "SELECT id FROM dealer_crm_stage WHERE id IN (%s, %s) FOR UPDATE"
    try:
        answers, errors = split(
            at_once(
                dealer,
                lock,
                (first, second),
                lambda: one.call("dealer.crm.stage", "write", [first], {"is_won": True}),
                lambda: two.call("dealer.crm.stage", "write", [second], {"is_won": True}),
            )
        )
        assert answers == [True]
        assert [error.name for error in errors] == ["odoo.exceptions.ValidationError"]
        assert "Won stage already" in errors[0].message
        assert dealer.db.value("SELECT count(*) FROM dealer_crm_stage WHERE is_won") == 1
    finally:
        one.call("dealer.crm.stage", "write", [first, second], {"is_won": False})
        one.call("dealer.crm.stage", "write", [won], {"is_won": True})


def test_won_and_lost_at_once(dealer):
    """The lead closes once; the other request fails because it is closed."""
    agent, manager = people(dealer, "test_agent", "test_manager")
    product = agent.find("product.product", ("default_code", "=", "TEST-SERVICE"))
    lead = agent.create("dealer.crm.lead", contact_name="Ana", product_id=product)
    agent.button("dealer.crm.lead", "action_convert_to_quotation", lead)
    order = dealer.db.value("SELECT id FROM sale_order WHERE dealer_crm_lead_id = %s", lead)
    agent.button("sale.order", "action_confirm", order)
    dealer.db.query("UPDATE dealer_crm_lead SET bpo_source_lead_id = 501 WHERE id = %s", lead)
    lost, reason = ref(dealer, "stage_lost"), ref(dealer, "lost_reason_price")
    answers, errors = split(
        at_once(
            dealer,
            LEAD,
            (lead,),
            lambda: agent.button("dealer.crm.lead", "action_mark_won", lead),
            lambda: manager.call(
                "dealer.crm.lead", "write", [lead], {"stage_id": lost, "lost_reason": reason}
            ),
        )
    )
    assert len(answers) == len(errors) == 1
    assert errors[0].name == "odoo.exceptions.UserError" and "closed" in errors[0].message
    rows = dealer.db.query("SELECT outcome FROM dealer_crm_callback WHERE lead_id = %s", lead)
    status = dealer.db.value("SELECT won_status FROM dealer_crm_lead WHERE id = %s", lead)
    assert [row["outcome"] for row in rows] == [status]


def test_one_card_dragged_by_two(dealer):
    """Both users ask for the same step; it is made once."""
    agent, manager = people(dealer, "test_agent", "test_manager")
    lead = agent.create("dealer.crm.lead", contact_name="Bo")
    qualified = ref(dealer, "stage_qualified")
    answers = at_once(
        dealer,
        LEAD,
        (lead,),
        *[
            lambda who=who: who.call("dealer.crm.lead", "write", [lead], {"stage_id": qualified})
            for who in (agent, manager)
        ],
    )
    assert answers == [True, True]
    moves = dealer.db.value(
        "SELECT count(*) FROM mail_tracking_value v JOIN mail_message m ON m.id = v.mail_message_id"
        " WHERE m.model = 'dealer.crm.lead' AND m.res_id = %s AND v.new_value_integer = %s",
        lead,
        qualified,
    )
    assert moves == 1


def test_a_tab_that_was_left_open(dealer):
    """A drag on an outdated screen is checked against the current stage."""
    agent, manager = people(dealer, "test_agent", "test_manager")
    lead = agent.create("dealer.crm.lead", contact_name="Cy")
    qualified, negotiation = ref(dealer, "stage_qualified"), ref(dealer, "stage_negotiation")
    for stage in (qualified, negotiation):
        manager.call("dealer.crm.lead", "write", [lead], {"stage_id": stage})
    with pytest.raises(RpcError, match="Mark Won"):
        agent.call("dealer.crm.lead", "web_save", [lead], {"stage_id": qualified}, {"name": {}})


def test_two_calls_of_the_bpo(dealer):
    """Two calls make one lead and one customer, whichever processes get them."""
    payload = {
        "bpo_source_lead_id": 601,
        "bpo_source_url": "https://bpo.example.com",
        "contact_name": "Dee",
        "phone": "+1 650 555 0601",
        "with_quotation": True,
    }
    callers = people(dealer, *["test_intake"] * 6)
    answers = at_once(
        dealer,
        # Both have searched for the lead and found none when the lock stops them.
        "LOCK TABLE dealer_crm_lead IN SHARE MODE",
        (),
        *[
            lambda who=who: who.call("dealer.crm.lead", "receive_endorsed_lead", payload)
            for who in callers
        ],
    )
    assert sorted(answer["created"] for answer in answers) == [False] * 5 + [True]
    assert len({answer["id"] for answer in answers}) == 1
    for table, column in (("res_partner", "name"), ("dealer_crm_lead", "contact_name")):
        assert dealer.db.value(f"SELECT count(*) FROM {table} WHERE {column} = 'Dee'") == 1
    lead = answers[0]["id"]
    assert (
        dealer.db.value("SELECT count(*) FROM sale_order WHERE dealer_crm_lead_id = %s", lead) == 1
    )


def test_reordered_stages_count_in_every_process(dealer):
    one, two = people(dealer, "admin", "admin")
    new, negotiation = ref(dealer, "stage_new"), ref(dealer, "stage_negotiation")
    lead = one.create("dealer.crm.lead", contact_name="Eve", stage_id=new)
    with pytest.raises(RpcError, match="Qualified"):
        two.call("dealer.crm.lead", "write", [lead], {"stage_id": negotiation})
    one.call("dealer.crm.stage", "write", [negotiation], {"sequence": 15})
    try:
        assert two.call("dealer.crm.lead", "write", [lead], {"stage_id": negotiation})
    finally:
        one.call("dealer.crm.stage", "write", [negotiation], {"sequence": 30})


def test_stages_read_by_another_before_they_are_saved(dealer):
    """The cache that a request filled during an admin's save is invalidated."""
    admin, agent = (
        Browser(dealer.url, dealer.db.name, login, login) for login in ("admin", "test_agent")
    )
    new, negotiation = ref(dealer, "stage_new"), ref(dealer, "stage_negotiation")
    lead = agent.create("dealer.crm.lead", contact_name="Fay", stage_id=new)
    with ThreadPoolExecutor(1) as pool:
        with held(
            dealer, "SELECT id FROM dealer_crm_stage WHERE id = %s FOR NO KEY UPDATE", negotiation
        ):
            saved = pool.submit(
                admin.call, "dealer.crm.stage", "write", [negotiation], {"sequence": 15}
            )
            wait_until(lambda: waiting(dealer), "the admin's save is under way")
            with pytest.raises(RpcError, match="Qualified"):
                agent.call("dealer.crm.lead", "write", [lead], {"stage_id": negotiation})
        assert saved.result(60)
    try:
        assert agent.call("dealer.crm.lead", "write", [lead], {"stage_id": negotiation})
    finally:
        admin.call("dealer.crm.stage", "write", [negotiation], {"sequence": 30})


def test_convert_from_two_tabs(dealer):
    """Both tabs open the same quotation."""
    agent, same = people(dealer, "test_agent", "test_agent")
    # With a customer, so that quoting does not write the lead.
    customer = agent.create("res.partner", name="Gil")
    lead = agent.create("dealer.crm.lead", contact_name="Gil", partner_id=customer)
    answers = at_once(
        dealer,
        LEAD,
        (lead,),
        *[
            lambda who=who: who.button("dealer.crm.lead", "action_convert_to_quotation", lead)
            for who in (agent, same)
        ],
    )
    orders = dealer.db.query("SELECT id FROM sale_order WHERE dealer_crm_lead_id = %s", lead)
    assert [answer["res_id"] for answer in answers] == [orders[0]["id"]] * 2
    assert len(orders) == 1


def test_order_cancelled_while_its_lead_is_won(dealer):
    """The cancellation comes second: it finds a won lead and reports it."""
    agent, manager = people(dealer, "test_agent", "test_manager")
    lead, order = make_order(dealer, agent)
    won, cancelled = one_after_another(
        dealer,
        OUTBOX,
        lambda: agent.button("dealer.crm.lead", "action_mark_won", lead),
        lambda: manager.button("sale.order", "action_cancel", order),
    )
    assert not isinstance(won, RpcError) and not isinstance(cancelled, RpcError)
    state = "SELECT won_status FROM dealer_crm_lead WHERE id = %s"
    assert dealer.db.value(state, lead) == "won"
    assert dealer.db.value("SELECT state FROM sale_order WHERE id = %s", order) == "cancel"
    assert reports(dealer, lead) == 1


def test_lead_won_while_its_order_is_cancelled(dealer):
    """Won comes second: it finds no confirmed order."""
    agent, manager = people(dealer, "test_agent", "test_manager")
    lead, order = make_order(dealer, agent)
    cancelled, won = one_after_another(
        dealer,
        CHATTER,
        lambda: manager.button("sale.order", "action_cancel", order),
        lambda: agent.button("dealer.crm.lead", "action_mark_won", lead),
    )
    assert not isinstance(cancelled, RpcError)
    assert isinstance(won, RpcError) and "no confirmed order" in won.message
    assert dealer.db.value("SELECT won_status FROM dealer_crm_lead WHERE id = %s", lead) == (
        "pending"
    )
    assert dealer.db.value("SELECT state FROM sale_order WHERE id = %s", order) == "cancel"
    assert reports(dealer, lead) == 0


def test_order_taken_to_another_lead_while_its_lead_is_won(dealer):
    """An order wins only one lead."""
    agent, manager = people(dealer, "test_agent", "test_manager")
    lead, order = make_order(dealer, agent)
    other = agent.create("dealer.crm.lead", contact_name="Hal")
    won, moved = one_after_another(
        dealer,
        OUTBOX,
        lambda: agent.button("dealer.crm.lead", "action_mark_won", lead),
        lambda: manager.call("sale.order", "write", [order], {"dealer_crm_lead_id": other}),
    )
    assert not isinstance(won, RpcError)
    assert isinstance(moved, RpcError) and "closed" in moved.message
    assert dealer.db.value("SELECT dealer_crm_lead_id FROM sale_order WHERE id = %s", order) == lead


def test_quotation_confirmed_while_its_lead_is_lost(dealer):
    agent, manager = people(dealer, "test_agent", "test_manager")
    lead, order = make_order(dealer, agent, confirm=False)
    values = {
        "stage_id": ref(dealer, "stage_lost"),
        "lost_reason": ref(dealer, "lost_reason_price"),
    }
    lost, confirmed = one_after_another(
        dealer,
        OUTBOX,
        lambda: agent.call("dealer.crm.lead", "write", [lead], values),
        lambda: manager.button("sale.order", "action_confirm", order),
    )
    assert not isinstance(lost, RpcError) and not isinstance(confirmed, RpcError)
    assert dealer.db.value("SELECT state FROM sale_order WHERE id = %s", order) == "sale"
    assert reports(dealer, lead) == 1


def test_references_beyond_thousands_that_are_taken(dealer):
    """People and the BPO take references at the same time: each skips used ones without a retry."""
    agent, manager = people(dealer, "test_agent", "test_manager")
    first = agent.create("dealer.crm.lead", contact_name="Iva")
    name = dealer.db.value("SELECT name FROM dealer_crm_lead WHERE id = %s", first)
    prefix, number = name.rpartition("/")[0], int(name.rpartition("/")[2])
    columns = ", ".join(
        row["column_name"]
        for row in dealer.db.query(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = 'dealer_crm_lead' AND column_name NOT IN ('id', 'name')"
        )
    )
    taken = 5000
    dealer.db.query(
        f"INSERT INTO dealer_crm_lead (name, {columns})"
        f" SELECT %s || '/' || lpad((%s + n)::text, 5, '0'), {columns}"
        "   FROM dealer_crm_lead, generate_series(1, %s) n WHERE id = %s",
        prefix,
        number,
        taken,
        first,
    )
    sequence = dealer.db.value("SELECT id FROM ir_sequence WHERE code = 'dealer.crm.lead'")
    callers = people(dealer, *["test_intake"] * 4)
    ends = [process.log.stat().st_size for process in dealer.processes]
    answers = at_once(
        dealer,
        # All requests wait before their first number when the lock is released.
        f"ALTER SEQUENCE ir_sequence_{sequence:03d} CACHE 1",
        (),
        *[
            lambda who=who: {"id": who.create("dealer.crm.lead", contact_name="Jo")}
            for who in (agent, manager)
        ],
        *[
            lambda who=who, n=n: who.call(
                "dealer.crm.lead",
                "receive_endorsed_lead",
                {"bpo_source_lead_id": 800 + n, "contact_name": f"Kim {n}"},
            )
            for n, who in enumerate(callers)
        ],
    )
    assert split(answers)[1] == []
    names = dealer.db.query(
        "SELECT name FROM dealer_crm_lead WHERE id = ANY(%s)", [answer["id"] for answer in answers]
    )
    numbers = {int(row["name"].removeprefix(f"{prefix}/")) for row in names}
    assert len(numbers) == len(answers) and min(numbers) > number + taken
    for process, end in zip(dealer.processes, ends, strict=True):
        said = process.log.read_bytes()[end:]
        assert b"tries left" not in said and b"twice at once" not in said


def test_a_deadlock_ends_no_run(dealer):
    """While the dispatcher settles two outcomes, another transaction locks them in reverse order."""
    with FakeInbox(capabilities={"batch": True}) as bpo:
        dealer.connect_to(bpo.url, bpo.database, bpo.login, bpo.key)
        dealer.db.query("DELETE FROM dealer_crm_callback")
        # PostgreSQL may end either transaction, so repeat until it was the dispatcher's.
        for number in (900, 910, 920):
            dealer.lose(dealer.make_leads([number, number + 1]))
            ended = deadlock(dealer, bpo, number)
            rows = dealer.rows()
            assert {(row["state"], row["attempt_count"]) for row in rows} == {("delivered", 1)}
            assert {bpo.arrivals[row["event_id"]] for row in rows} == {1}
            if ended:
                break
        assert ended, "the dispatcher was never the one that PostgreSQL ended"
        assert dealer.connection()["state"] == "ready"
        assert dealer.cron()["active"]


def deadlock(dealer, bpo, number):
    """Deadlock with the dispatcher over the outcomes of two leads, ``number`` and the next.

    :return: whether PostgreSQL ended the dispatcher's transaction
    """
    bpo.after.clear()
    other = dealer.db.cluster.connect(dealer.db.name)
    other.autocommit = False
    with ThreadPoolExecutor(1) as pool:
        try:
            run = pool.submit(dealer.run_manually)
            wait_until(lambda: {number, number + 1} & bpo.applied.keys(), "the BPO has them")
            first, second = bpo.seen()[-1].event_ids
            lock = "SELECT id FROM dealer_crm_callback WHERE event_id = %s FOR UPDATE"
            cursor = other.cursor()
            cursor.execute(lock, [second])
            bpo.open_gates()
            wait_until(lambda: waiting(dealer), "the dispatcher waits for the second", pause=0.02)
            try:
                cursor.execute(lock, [first])
                ended = True
            except psycopg2.errors.DeadlockDetected:
                ended = False
        finally:
            bpo.open_gates()
            other.close()
        run.result(60)
    return ended
