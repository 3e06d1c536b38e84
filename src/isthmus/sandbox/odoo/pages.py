"""The HTML that an Odoo server shows where a client has gone astray.

Source: recorded answers (tests/data/odoo-probes); the long pages are cut down to what they say.
"""

from __future__ import annotations

from html import escape

from isthmus.sandbox.message import Response

HTML = "text/html; charset=utf-8"


def bad_media_type(series: int, route: str, kind: str) -> Response:
    """Return the answer to a request with the wrong Content-Type: 415, before Odoo 19 a 400."""
    said = f"Request inferred type is compatible with ['http'] but '{route}' is type='{kind}'."
    text = escape(said, quote=True).replace("&#x27;", "&#39;")
    if series < 19:
        return Response.text(400, _short("400 Bad Request", "Bad Request", text), HTML)
    text += "<br><br>Please verify the Content-Type request header and try again."
    response = Response.text(415, _short("415 Unsupported Media Type", "Unsupported Media Type", text), HTML)
    response.headers["Accept"] = (
        "application/json" if kind == "json2" else "application/json, application/json-rpc"
    )
    return response


def no_database() -> Response:
    """Return the answer to a request for a database that the server does not have."""
    text = (
        "No database is selected and the requested URL was not found in the server-wide controllers.</p>\n"
        "<p>Please verify the hostname, <a href=/web/login>login</a> and try again."
    )
    page = f"<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>{text}</p>\n\n"
    return Response.text(404, f"{page}<!-- Alternatively, use the X-Odoo-Database header. -->\n", HTML)


def not_found() -> Response:
    """Return the site's 404 page."""
    return Response.text(404, _long("Page Not Found"), "text/html;charset=utf-8")


def login() -> Response:
    """Return the login page, which is where a client without a session ends up."""
    return Response.text(200, _long("Log in"), HTML)


def _short(title: str, heading: str, text: str) -> str:
    return f"<!doctype html>\n<html lang=en>\n<title>{title}</title>\n<h1>{heading}</h1>\n<p>{text}</p>\n"


def _long(heading: str) -> str:
    return (
        "<!DOCTYPE html>\n<html>\n<head><title>Odoo</title></head>\n"
        f"<body><main><h1>{heading}</h1></main></body>\n</html>\n"
    )
