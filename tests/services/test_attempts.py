"""How often somebody may fail."""

from contextlib import ExitStack

import pytest

from server.errors import RateLimited
from server.services.attempts import Attempts, network_of


def fail(attempts: Attempts, address: str, account: str | None = None) -> None:
    with attempts.attempt(address, account) as attempt:
        attempt.was_wrong()


def test_guesses_at_one_account_end_wherever_they_come_from() -> None:
    attempts = Attempts(per_account=3, per_address=100)
    for number in range(3):
        fail(attempts, f"10.0.0.{number}", "ana")
    with pytest.raises(RateLimited) as caught, attempts.attempt("10.0.0.9", "ana"):
        pass
    assert 0 < (caught.value.retry_after_ms or 0) <= 300_000
    fail(attempts, "10.0.0.9", "ben")


def test_guesses_from_one_address_end_whoever_they_are_at() -> None:
    attempts = Attempts(per_account=100, per_address=3)
    for name in ("ana", "ben", "cleo"):
        fail(attempts, "10.0.0.1", name)
    with pytest.raises(RateLimited), attempts.attempt("10.0.0.1", "dora"):
        pass
    fail(attempts, "10.0.0.2", "dora")


def test_a_success_clears_the_account_and_never_the_address() -> None:
    attempts = Attempts(per_account=2, per_address=4)
    for _ in range(2):
        fail(attempts, "10.0.0.1", "ben")
        with attempts.attempt("10.0.0.1", "ana") as attempt:
            attempt.was_right()
    with pytest.raises(RateLimited), attempts.attempt("10.0.0.2", "ben"):
        pass
    fail(attempts, "10.0.0.1", "ana")
    with attempts.attempt("10.0.0.1", "ana") as attempt:
        attempt.was_right()
    fail(attempts, "10.0.0.1", "ana")
    with pytest.raises(RateLimited), attempts.attempt("10.0.0.1", "ana"):
        pass


def test_right_passwords_are_never_too_many() -> None:
    attempts = Attempts(per_account=2, per_address=2)
    for _ in range(10):
        with attempts.attempt("10.0.0.1", "ana") as attempt:
            attempt.was_right()


def test_what_came_to_no_end_does_not_count() -> None:
    attempts = Attempts(per_account=1, per_address=1)
    for _ in range(5):
        with pytest.raises(ValueError, match="busy"), attempts.attempt("10.0.0.1", "ana"):
            raise ValueError("busy")


def test_attempts_at_once_get_no_further_than_one_after_the_other() -> None:
    attempts = Attempts(per_account=3, per_address=100)
    with ExitStack() as going:
        for _ in range(3):
            going.enter_context(attempts.attempt("10.0.0.1", "ana")).was_wrong()
        with pytest.raises(RateLimited), attempts.attempt("10.0.0.1", "ana"):
            pass


def test_an_ipv6_line_is_one_peer() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:10.0.0.1") == network_of("10.0.0.1")
    assert network_of("fe80::1%eth0") == network_of("fe80::2")
    assert network_of("unknown") == "unknown"


def test_what_other_workers_counted_counts_here() -> None:
    here, there = Attempts(per_account=3, per_address=100), Attempts(per_account=3, per_address=100)
    here.on_outcome = there.count
    there.on_outcome = here.count
    for attempts in (here, there, here):
        fail(attempts, "10.0.0.1", "ana")
    for attempts in (here, there):
        with pytest.raises(RateLimited), attempts.attempt("10.0.0.2", "ana"):
            pass
    fail(there, "10.0.0.1", "ben")
    with here.attempt("10.0.0.1", "ben") as attempt:
        attempt.was_right()
    for attempts in (there, there, there):
        fail(attempts, "10.0.0.1", "ben")
    with pytest.raises(RateLimited), here.attempt("10.0.0.1", "ben"):
        pass
