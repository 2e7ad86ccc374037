"""The API's own documents: OpenAPI as JSON, and a page to read and try it, all from this server."""

from pathlib import Path
from typing import Any

import flask_openapi_swagger
from flask import Blueprint, Flask, Response, current_app, jsonify, render_template, send_from_directory

ASSETS = Path(flask_openapi_swagger.__file__).parent / "templates" / "swagger"
SCRIPTS = Path(__file__).parent.parent / "static"
# The page styles itself from its script.
PAGE_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"

blueprint = Blueprint("docs", __name__, template_folder="../templates")


@blueprint.get("/openapi.json")
def document() -> Response:
    """The OpenAPI document."""
    api: Any = current_app
    return jsonify(api.api_doc)


@blueprint.get("/docs")
def page() -> Response:
    """A page to read it, and to try every route."""
    return Response(render_template("docs.html"), headers={"Content-Security-Policy": PAGE_POLICY})


@blueprint.get("/docs/assets/<path:name>")
def assets(name: str) -> Response:
    """What the page is made of."""
    return send_from_directory(SCRIPTS if name == "docs.js" else ASSETS, name)


def install(app: Flask) -> None:
    """Serve the documents of an application."""
    app.register_blueprint(blueprint)
