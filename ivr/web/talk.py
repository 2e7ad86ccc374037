"""A page to talk to Lilly from a browser, which takes Twilio's place. Only for development, where nothing has to be signed."""

from flask import Blueprint, Flask, render_template

from ivr.config import Settings

blueprint = Blueprint("talk", __name__, template_folder="templates", static_folder="static", static_url_path="/static")


@blueprint.get("/")
def page() -> str:
    """The telephone."""
    return render_template("talk.html")


def install(app: Flask, settings: Settings) -> None:
    """Serve the page where a browser's requests are taken for Twilio's."""
    if settings.app_env != "production" and settings.twilio_auth_token is None:
        app.register_blueprint(blueprint)
