"""What goes over the wire, in plain Python: nothing here imports Odoo."""
