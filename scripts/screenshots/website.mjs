// The page /partners, a reseller's page, and its editor.
export default async ({open, visit, find, shot}) => {
    const visitor = await open("dealer");
    await visit(visitor, "/partners", "main");
    await shot(visitor, "partners");
    const phone = await open("dealer", null, {width: 390, height: 844});
    await visit(phone, "/partners", "main");
    await shot(phone, "partners-phone");

    const admin = await open("dealer", "admin");
    const reseller = await find(
        admin,
        "res.partner",
        [["name", "=", "Alvorada Motores"]],
        ["website_url"]
    );
    await visit(visitor, reseller.website_url, "h1");
    await shot(visitor, "partner-page");

    const path = encodeURIComponent(reseller.website_url);
    await visit(
        admin,
        `/odoo/action-website.website_preview?path=${path}&enable_editor=1`,
        ".o_builder_sidebar_open"
    );
    await admin.frameLocator("iframe[src*=partners]").locator("#o_dealer_partner_description h2").first().click();
    await shot(admin, "partner-editor");
};
