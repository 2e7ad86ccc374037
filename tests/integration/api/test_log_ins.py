"""People log in, stay logged in, and are logged out; guessing does not pay."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from ivr import logins, models, passwords
from ivr.access import Role
from ivr.errors import LillyError, TooMany, Unauthenticated
from ivr.models import AuditEntry, LoginAttempts, LoginSession, User, database
from ivr.web.limits import limiter
from tests.integration.api.desk import PASSWORD, Desk, a_user
from tests.integration.broker import ROOT, Valkey
from tests.integration.conftest import Command

EMAIL = "ada@hospital.example"


@cache
def password_hash() -> str:
    """One hash for all tests: it costs 50 ms."""
    return passwords.hashed(PASSWORD)


@pytest.fixture
def ada(nobody: Desk) -> User:
    """Somebody with a password."""
    return a_user(Role.DESK, EMAIL, password_hash())


def log_in(desk: Desk, password: str = PASSWORD, email: str = EMAIL, status: int = 200) -> Any:
    return desk.post("/auth/login", {"email": email, "password": password}, status=status)


def with_token(desk: Desk, tokens: dict[str, str]) -> Desk:
    return Desk(desk.app, {"Authorization": f"Bearer {tokens['access_token']}"})


def test_address_and_password_give_tokens_for_one_s_own_account(nobody: Desk, ada: User) -> None:
    tokens = log_in(nobody, email=" Ada@Hospital.example")
    assert tokens.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    me = with_token(nobody, tokens).get("/auth/me")
    assert (me["id"], me["email"], me["role"]) == (ada.id, EMAIL, "desk")
    assert "users" not in me["scopes"] and "appointments:write" in me["scopes"]


def test_a_wrong_password_an_unknown_address_and_somebody_who_left_sound_the_same(nobody: Desk, ada: User) -> None:
    answers = [log_in(nobody, "wrong", status=401), log_in(nobody, email="who@hospital.example", status=401)]
    User.update(active=False).execute()
    answers.append(log_in(nobody, status=401))
    assert [answer["code"] for answer in answers] == ["credentials_wrong"] * 3
    assert len({str(answer) for answer in answers}) == 1


def test_a_refresh_token_is_good_once_and_a_stolen_one_ends_the_log_in(nobody: Desk, ada: User) -> None:
    first = log_in(nobody)
    second = nobody.post("/auth/refresh", {"refresh_token": first["refresh_token"]}, status=200)
    assert with_token(nobody, second).get("/auth/me")["email"] == EMAIL
    assert nobody.post("/auth/refresh", {"refresh_token": first["refresh_token"]}, status=401)["code"] == "token_reused"
    assert nobody.post("/auth/refresh", {"refresh_token": second["refresh_token"]}, status=401)["code"] == "token_revoked"
    assert with_token(nobody, second).ask("GET", "/auth/me").get_json()["code"] == "token_revoked"


def test_of_ten_who_use_one_refresh_token_at_once_one_gets_another(nobody: Desk, ada: User) -> None:
    session = logins.begin(ada)

    def prolong(_: int) -> str:
        with database.connection_context():
            try:
                return logins.prolong(session.id, session.refresh_id).refresh_id
            except LillyError as error:
                return error.code

    with ThreadPoolExecutor(10) as threads:
        outcomes = list(threads.map(prolong, range(10)))
    assert len([outcome for outcome in outcomes if outcome not in ("token_reused", "token_revoked")]) == 1


@pytest.mark.parametrize("token", ["nonsense", "access"])
def test_only_a_refresh_token_refreshes(nobody: Desk, ada: User, token: str) -> None:
    given = log_in(nobody)["access_token"] if token == "access" else token
    assert nobody.post("/auth/refresh", {"refresh_token": given}, status=401)["code"] == "token_invalid"


def test_logging_out_ends_this_log_in_and_everywhere_ends_all(nobody: Desk, ada: User) -> None:
    here, there, elsewhere = (with_token(nobody, log_in(nobody)) for _ in range(3))
    here.post("/auth/logout", status=204)
    assert [desk.ask("GET", "/auth/me").status_code for desk in (here, there, elsewhere)] == [401, 200, 200]
    there.post("/auth/logout-everywhere", status=204)
    assert [desk.ask("GET", "/auth/me").status_code for desk in (here, there, elsewhere)] == [401, 401, 401]


def test_a_new_password_of_one_s_own_ends_the_other_log_ins(nobody: Desk, ada: User) -> None:
    here, there = (with_token(nobody, log_in(nobody)) for _ in range(2))
    new = "a longer sentence than before"
    wrong = here.post("/auth/password", {"old_password": "wrong", "new_password": new}, status=422)
    weak = here.post("/auth/password", {"old_password": PASSWORD, "new_password": "short"}, status=422)
    assert (wrong["code"], weak["code"]) == ("password_wrong", "password_weak")
    here.post("/auth/password", {"old_password": PASSWORD, "new_password": new}, status=204)
    assert [desk.ask("GET", "/auth/me").status_code for desk in (here, there)] == [200, 401]
    log_in(nobody, new)
    assert "argon2" not in str([(entry.before, entry.after) for entry in AuditEntry.select()])


def test_ten_failures_in_a_row_lock_the_address_for_a_quarter_of_an_hour(ada: User) -> None:
    now = models.now()

    def attempt(password: str, minutes: float, email: str = EMAIL) -> str:
        try:
            logins.log_in(email, password, now + timedelta(minutes=minutes))
        except (Unauthenticated, TooMany) as error:
            return error.code
        return "in"

    for email in (EMAIL, "nobody@hospital.example"):
        assert [attempt("wrong", 0, email) for _ in range(11)] == ["credentials_wrong"] * 10 + ["locked_out"]
    assert attempt(PASSWORD, 14) == "locked_out"
    assert attempt(PASSWORD, 16) == "in"
    assert not LoginAttempts.select().where(LoginAttempts.email == EMAIL).count()
    assert attempt("wrong", 24 * 60 + 30) == "credentials_wrong"
    assert [row.failures for row in LoginAttempts.select()] == [1]


def test_who_guesses_at_many_addresses_is_slowed_down(nobody: Desk, ada: User) -> None:
    answers = [nobody.ask("POST", "/auth/login", {"email": f"{number}@b.c", "password": ""}) for number in range(21)]
    assert [answer.status_code for answer in answers] == [422] * 20 + [429]
    assert answers[-1].get_json()["code"] == "too_many_requests" and 0 < int(answers[-1].headers["Retry-After"]) <= 60
    assert nobody.ask("POST", "/auth/refresh", {"refresh_token": "x"}).status_code == 401


def test_with_redis_away_log_ins_are_counted_in_memory_and_tokens_stay_good(nobody: Desk, ada: User, valkey: Valkey) -> None:
    desk = with_token(nobody, log_in(nobody))
    desk.post("/auth/logout", status=204)
    other = with_token(nobody, log_in(nobody))
    with valkey.away():
        assert other.ask("GET", "/auth/me").status_code == 200
        assert desk.ask("GET", "/auth/me").status_code == 401
        statuses = [nobody.ask("POST", "/auth/login", {"email": "a@b.c", "password": ""}).status_code for _ in range(21)]
    assert statuses[-1] == 429 and set(statuses[:-1]) == {422}
    limiter._storage_dead = False


def test_log_ins_that_are_over_are_forgotten(ada: User) -> None:
    old = logins.begin(ada, models.now() - timedelta(days=15))
    logins.log_in(EMAIL, PASSWORD)
    assert old.id not in [session.id for session in LoginSession.select()]


def test_the_first_admin_is_made_by_a_command(nobody: Desk, migrated: str, valkey: Valkey) -> None:
    command = [sys.executable, "-m", "ivr", "create-admin", "--email", "Root@Hospital.example"]
    environment = {"PATH": "/usr/bin:/bin", "APP_ENV": "test", "DATABASE_URL": migrated, "REDIS_URL": valkey.url}
    ended = subprocess.run(command, input=f"{PASSWORD}\n", cwd=ROOT, env=environment, capture_output=True, text=True, timeout=50)
    assert ended.returncode == 0, ended.stderr
    log_in(nobody, email="root@hospital.example")


def test_a_second_time_changes_nothing_unless_it_is_meant_to(nobody: Desk, command: Command) -> None:
    def create_admin(password: str, *options: str) -> tuple[int, str]:
        ended = command("create-admin", "--email", "Root@Hospital.example", *options, input=f"{password}\n")
        return ended.exit_code, ended.output

    code, said = create_admin("short")
    assert code == 1 and "12 to 200 characters" in said and "Traceback" not in said and "short" not in said
    assert create_admin(PASSWORD)[0] == 0
    code, said = create_admin("another long password")
    assert code == 0 and "stays as it is" in said
    log_in(nobody, email="root@hospital.example")
    assert create_admin("another long password", "--reset")[0] == 0
    log_in(nobody, "another long password", "root@hospital.example")
    log_in(nobody, email="root@hospital.example", status=401)
