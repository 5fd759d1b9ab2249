import psycopg2

from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger

# What demo data brings of Odoo's own models; the users first, since they hold their partners.
DEMO_MODELS = ("res.users", "res.partner", "product.product", "product.template")


def uninstall_hook(env):
    clear_out(env, "dealer_crm")


def clear_out(env, module):
    """Empty the tables of an addon that is being uninstalled, and let go of what others use.

    Odoo deletes what has an external id first, one by one, and drops the tables at the end: until
    then each stage, reason or customer that a lead still names is an error in the log.
    """
    names = [name for name, model in env.registry.items() if model._original_module == module]
    models = [env[name] for name in names if env[name]._auto and not env[name]._abstract]
    env.flush_all()
    _forget_rows(env, tuple(model._table for model in models))
    env.invalidate_all()
    parameters = env["ir.config_parameter"].sudo()
    parameters.search([("key", "=like", f"{module}.%")]).unlink()
    _delete_demo(env, module)


def _forget_rows(env, tables):
    """Empty ``tables``. Their foreign keys go first, those of other tables to them too: so no order matters."""
    rows = env.execute_query(
        SQL(
            """
            SELECT c.conname, t.relname, f.relname, a.attname, a.attnotnull
              FROM pg_constraint c
              JOIN pg_class t ON t.oid = c.conrelid
              JOIN pg_class f ON f.oid = c.confrelid
              JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND c.connamespace = current_schema::regnamespace
               AND (t.relname IN %(tables)s OR f.relname IN %(tables)s)
            """,
            tables=tables,
        )
    )
    for constraint, table, aim, column, required in rows:
        env.cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT %s",
                SQL.identifier(table),
                SQL.identifier(constraint),
            )
        )
        if table in tables or aim not in tables:
            continue
        names = {"table": SQL.identifier(table), "column": SQL.identifier(column)}
        if required:  # the pairs of a many2many
            env.cr.execute(SQL("DELETE FROM %(table)s WHERE %(column)s IS NOT NULL", **names))
        else:
            env.cr.execute(
                SQL("UPDATE %(table)s SET %(column)s = NULL WHERE %(column)s IS NOT NULL", **names)
            )
    for table in tables:
        env.cr.execute(SQL("DELETE FROM %s", SQL.identifier(table)))


def _delete_demo(env, module):
    """Delete the addon's demo partners, users and products; those that others use become the database's own."""
    data = env["ir.model.data"].search([("module", "=", module), ("model", "in", DEMO_MODELS)])
    # Read before: a product takes its template along, and both their rows.
    pairs = [
        (row, env[row.model].browse(row.res_id))
        for row in data.sorted(lambda row: DEMO_MODELS.index(row.model))
    ]
    for row, record in pairs:
        if record.exists() and not _is_deleted(record):
            row.unlink()


def _is_deleted(record):
    """Whether the record could be deleted; that something else uses it is nothing to log."""
    try:
        with mute_logger("odoo.sql_db"), record.env.cr.savepoint():
            record.unlink()
    except (UserError, psycopg2.IntegrityError):
        return False
    return True
