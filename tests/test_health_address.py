"""The operators' URLs on a server with several databases, where the host name chooses none."""

import requests

from .harness import wait_until


def test_named_database(make_dealer):
    dealer = make_dealer(dbfilter="^%d$", server_wide_modules="base,rpc,web,dealer_crm")
    url = dealer.url
    ours = dealer.db.name

    def ask(question, **params):
        answer = requests.get(f"{url}/dealer_crm/{question}", params=params, timeout=30)
        return answer.status_code, answer.json()

    for question in ("health", "attention"):
        status, said = ask(question)
        assert (status, said["ok"]) == (404, False)
        assert f"/dealer_crm/{question}?db=NAME" in said["message"]
        assert ask(question, db="no_such_database")[0] == 404
        assert ask(question, db="postgres")[0] == 404
    # The copied database is as old as its template until the dispatcher's first run.
    alive = (200, {"ok": True, "cron_alive": True})
    wait_until(lambda: ask("health", db=ours) == alive, "the dispatcher gave a sign of life")
    # Another host name chooses another database, so this one cannot be asked there.
    answer = requests.get(
        f"{url}/dealer_crm/health",
        params={"db": ours},
        headers={"Host": "other.example.com"},
        timeout=30,
    )
    assert answer.status_code == 404
