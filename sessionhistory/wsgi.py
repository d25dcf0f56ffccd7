"""The WSGI application that gunicorn serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sessionhistory.settings")

application = get_wsgi_application()

from sessions.http.wsgi_request import Request  # noqa: E402  needs the settings

application.request_class = Request

# What is loaded by now stays. Looked through for garbage again and again, it stops every thread for 50 ms each time.
gc.collect()
gc.freeze()
