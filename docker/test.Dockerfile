# Odoo with what the tests need beside it: pytest and a browser.
FROM odoo:19.0
USER root
COPY test-requirements.txt /tmp/
ENV PLAYWRIGHT_BROWSERS_PATH=/opt/browsers
RUN python3 -m pip install --no-cache-dir --break-system-packages -r /tmp/test-requirements.txt playwright \
  && python3 -m playwright install --with-deps chromium \
  && ln -s /opt/browsers/chromium-*/chrome-linux*/chrome /usr/local/bin/chromium
USER odoo
