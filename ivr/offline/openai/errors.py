"""Refusals in the shape in which OpenAI sends them."""

from typing import Any

SERVER_ERROR = "The server had an error while processing your request. Sorry about that!"


class ApiError(Exception):
    """A request that the provider refuses; `status` is HTTP's, the rest is the body's `error` object."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None, type: str = "invalid_request_error"
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.type = type

    def error(self) -> dict[str, Any]:
        """The `error` object, the same over HTTP and over a WebSocket."""
        return {"message": self.message, "type": self.type, "param": self.param, "code": self.code}


def invalid(message: str, param: str | None = None, code: str | None = None) -> ApiError:
    """A request with something wrong in it (HTTP 400)."""
    return ApiError(400, message, param=param, code=code)


def not_offered(what: str, param: str) -> ApiError:
    """Something that the provider can do and this stand-in cannot: refused, so that nobody believes it was tried."""
    return ApiError(400, f"{what} is not offered by this stand-in.", param=param, code="unsupported_value")


def no_such_model(model: str, param: str | None = None) -> ApiError:
    """A model that does not exist, or that this route does not serve."""
    return ApiError(404, f"The model `{model}` does not exist or you do not have access to it.", param=param, code="model_not_found")


def rate_limited() -> ApiError:
    """Too many requests, as a fault tells it."""
    return ApiError(429, "Rate limit reached for requests. Please try again in 1s.", type="requests", code="rate_limit_exceeded")


def broken() -> ApiError:
    """The provider's own failure, as a fault tells it."""
    return ApiError(500, SERVER_ERROR, type="server_error")
