"""Kombu's connection to Redis, made to outlive a Redis that goes away while tasks are in hand."""

from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection
from kombu.transport import redis as kombu_redis
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

LONGEST_WAIT_S = 3.0


class Channel(kombu_redis.Channel):
    """A channel whose use after its connection was closed is a connection error, and which keeps its client.

    Kombu 5.7 raises `AttributeError` there, which ends the whole worker when it gives its messages back or acknowledges one; and it
    makes a client for every command, which takes longer than the command.
    """

    _kept: Redis | None = None

    def _create_client(self, asynchronous: bool = False) -> Redis:
        if asynchronous:
            return super()._create_client(asynchronous)
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = super()._create_client()
        return self._kept

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the connection has been closed")
        parameters: dict[str, Any] = super()._connparams(asynchronous)
        return parameters


class Transport(kombu_redis.Transport):
    """Redis, with channels of the kind above."""

    Channel = Channel


class BrokerConnection(Connection):
    """A connection over that transport, which tries again every few seconds: kombu waits up to 30 s, bookings should not."""

    def get_transport_cls(self) -> type[Transport]:
        """The transport, whatever the URL's scheme names."""
        return Transport

    def ensure_connection(self, *args: Any, **options: Any) -> Connection:
        """Connect, waiting 1, 2, 3, 3 … seconds between the tries."""
        return super().ensure_connection(*args, **{"interval_start": 1, "interval_step": 1, "interval_max": LONGEST_WAIT_S, **options})


class BrokerAMQP(AMQP):
    """Celery's entry to the broker, by such connections."""

    Connection = BrokerConnection
    BrokerConnection = BrokerConnection
