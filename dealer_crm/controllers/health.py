from odoo.http import Controller, request, route


class HealthController(Controller):
    @route("/dealer_crm/health", type="http", auth="public", methods=["GET"], save_session=False)
    def health(self):
        """Whether outcomes reach the BPO, for monitors and load balancers.

        :return: JSON of ``dealer.crm.callback._get_health``; status 503 when stuck
        """
        health = request.env["dealer.crm.callback"].sudo()._get_health()
        return request.make_json_response(
            health,
            headers=[("Cache-Control", "no-store")],
            status=200 if health["ok"] else 503,
        )
