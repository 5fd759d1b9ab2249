{
    "name": "Dealer CRM Resellers on the Website",
    "version": "19.0.3.0.0",
    "category": "Website/Website",
    "summary": "Publish resellers at /partners, by level and country, with a map of your own",
    "author": "Dealer CRM Contributors",
    "maintainers": ["dealer-crm-contributors"],
    "website": "https://dealer-crm.example",
    "development_status": "Beta",
    "license": "LGPL-3",
    "depends": ["dealer_crm_resellers", "website", "website_partner"],
    # The excluded addon has the same routes. `dealer_crm_resellers` installs this addon once Website is
    # installed; with `auto_install`, Odoo would refuse the others together with this one.
    "excludes": ["website_crm_partner_assign"],
    "data": [
        "data/website_menu_data.xml",
        "views/dealer_crm_partner_level_views.xml",
        "views/res_partner_views.xml",
        "views/partners_templates.xml",
        "views/partner_templates.xml",
    ],
    "demo": ["demo/res_partner_demo.xml"],
    "assets": {
        "web.assets_backend": ["dealer_crm_resellers_website/static/src/website_preview/*"],
        "web.assets_frontend": ["dealer_crm_resellers_website/static/src/scss/partners.scss"],
        "website.website_builder_assets": [
            "dealer_crm_resellers_website/static/src/website_builder/**/*"
        ],
        "web.assets_tests": ["dealer_crm_resellers_website/static/tests/tours/*.js"],
    },
    "installable": True,
}
