"""Delivery of outcomes to the BPO, in plain Python: nothing here imports Odoo.

Each file imports only files that follow it in this list: ``sender`` (the delivery pool: the threads
of one connection), ``client`` (the calls to the receiver), ``jsonrpc`` and ``json2`` (the two
protocols), ``http`` (one HTTP exchange with its limits), ``errors`` and ``answer`` (what an answer
means), ``address`` (which addresses may be called), ``payload`` (the JSON of one outcome). On their
own: ``retry`` (the retry schedule) and ``instance`` (which copy of a database this is).
"""
