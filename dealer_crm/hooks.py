import psycopg2

from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger

# Odoo's models with demo records of ours, in the order of deletion: users refer to partners.
DEMO_MODELS = ("res.users", "res.partner", "product.product", "product.template")


def uninstall_hook(env):
    env.flush_all()
    # The appointments stay in the calendars; Odoo deletes events with the model that they name.
    env.cr.execute(
        SQL(
            """
            UPDATE calendar_event SET res_model_id = NULL, res_model = NULL, res_id = NULL
             WHERE res_model_id IN (SELECT id FROM ir_model WHERE model = 'dealer.crm.lead')
            """
        )
    )
    clear_out(env, "dealer_crm")


def clear_out(env, module):
    """Empty the tables of an addon that is being uninstalled, and delete its demo records.

    Odoo first deletes the records with external ids, one by one, and drops the tables at the end.
    Each stage, reason or customer that a lead still refers to would be an error in the log.
    """
    names = [name for name, model in env.registry.items() if model._original_module == module]
    models = [env[name] for name in names if env[name]._auto and not env[name]._abstract]
    env.flush_all()
    _empty_tables(env, tuple(model._table for model in models))
    env.invalidate_all()
    parameters = env["ir.config_parameter"].sudo()
    parameters.search([("key", "=like", f"{module}.%")]).unlink()
    _delete_demo(env, module)


def _empty_tables(env, tables):
    """Delete all rows of ``tables``; other tables lose their references to them."""
    rows = env.execute_query(
        SQL(
            """
            SELECT c.conname, t.relname, a.attname, a.attnotnull
              FROM pg_constraint c
              JOIN pg_class t ON t.oid = c.conrelid
              JOIN pg_class f ON f.oid = c.confrelid
              JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND c.connamespace = current_schema::regnamespace
               AND t.relname NOT IN %(tables)s AND f.relname IN %(tables)s
            """,
            tables=tables,
        )
    )
    for key, table, column, required in rows:
        names = {
            "table": SQL.identifier(table),
            "column": SQL.identifier(column),
            "key": SQL.identifier(key),
        }
        env.cr.execute(SQL("ALTER TABLE %(table)s DROP CONSTRAINT %(key)s", **names))
        if required:  # a table of a many2many
            env.cr.execute(SQL("DELETE FROM %(table)s", **names))
        else:
            env.cr.execute(
                SQL("UPDATE %(table)s SET %(column)s = NULL WHERE %(column)s IS NOT NULL", **names)
            )
    env.cr.execute(SQL("TRUNCATE %s", SQL(", ").join(map(SQL.identifier, tables))))


def _delete_demo(env, module):
    """Delete the addon's demo partners, users and products.

    Those still in use stay, without their external id.
    """
    data = env["ir.model.data"].search([("module", "=", module), ("model", "in", DEMO_MODELS)])
    # Read first: deleting a product also deletes its template and the rows of both.
    pairs = [
        (row, env[row.model].browse(row.res_id))
        for row in data.sorted(lambda row: DEMO_MODELS.index(row.model))
    ]
    for row, record in pairs:
        if record.exists() and not _try_unlink(record):
            row.unlink()


def _try_unlink(record):
    """Delete the record unless it is in use, without logging that; return whether it is gone."""
    try:
        with mute_logger("odoo.sql_db"), record.env.cr.savepoint():
            record.unlink()
    except (UserError, psycopg2.IntegrityError):
        return False
    return True
