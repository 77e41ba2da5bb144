"""Settings: what the variables mean, and what is said about wrong ones."""

from pathlib import Path

import pytest

from server.settings import VARIABLES, Rate, Settings, SettingsError


def complaints(**variables: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({f"MADANG_{name.upper()}": value for name, value in variables.items()})
    return caught.value.complaints


def settings(**variables: str) -> Settings:
    return Settings.from_environment({f"MADANG_{name.upper()}": value for name, value in variables.items()})


def test_without_variables_it_is_a_local_server_with_open_registration() -> None:
    plain = Settings.from_environment({"PATH": "/bin"})
    assert plain == Settings()
    assert (plain.host, plain.port, plain.data_dir) == ("127.0.0.1", 8000, Path("data"))
    assert plain.is_local
    assert plain.registration == "open"
    assert plain.address == "http://localhost:8000"
    assert plain.origins == {"http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"}
    assert not plain.is_https


def test_every_variable_is_understood() -> None:
    chosen = settings(
        host="0.0.0.0", port="8080", data_dir="/srv/madang", database_url="postgres://db/madang", public_url="https://Talk.example.org/",
        allowed_origins="https://app.example.org, http://localhost:5173", registration="closed", server_name="마당",
        message_rate="10:0.5", max_file_bytes="5000", trusted_proxies="127.0.0.1 10.0.0.0/8", log_level="warning",
        log_format="text", metrics_access="admin", workers="4", worker="w3", socket_dir="/run/madang",
    )  # fmt: skip
    assert chosen.public_url == "https://talk.example.org"
    assert chosen.is_https
    assert chosen.message_rate == Rate(10, 0.5)
    assert [str(network) for network in chosen.trusted_proxies] == ["127.0.0.1/32", "10.0.0.0/8"]
    assert {"https://talk.example.org", "https://app.example.org", "http://localhost:5173"} < chosen.origins
    assert {f"MADANG_{name.upper()}" for name in Settings.__slots__} - {"MADANG_PASSWORD_COST"} == set(VARIABLES)


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("port", "eighty", "'eighty' is not a port"),
        ("port", "65536", "from 0 to 65535"),
        ("port", "８０８０", "is not a port"),
        ("port", "tcp://10.0.0.1:80", "is not a port"),
        ("host", "http://localhost", "is not a host name"),
        ("host", "a b", "is not a host name"),
        ("data_dir", __file__, "is not a folder"),
        ("database_url", "mysql://db/madang", "begins with postgresql://"),
        ("database_url", "/srv/madang.db", "begins with postgresql://"),
        ("database_url", "postgresql://db:many/madang", "is not an address"),
        ("database_url", "postgresql://db/my madang", "is not an address"),
        ("public_url", "talk.example.org", "like https://talk.example.org"),
        ("public_url", "https://example.org/chat", "has a path"),
        ("public_url", "https://ana:secret@example.org", "user name"),
        ("public_url", "https://example.org:99999", "is not an address"),
        ("allowed_origins", "*", "every page"),
        ("allowed_origins", "null", "every page"),
        ("allowed_origins", "https://*.example.org", "is not an address"),
        ("allowed_origins", "https://a.example.org/app", "has a path"),
        ("registration", "Open", "open, invitation, closed"),
        ("server_name", "x" * 61, "60"),
        ("message_rate", "60", "60:2"),
        ("message_rate", "0:2", "60:2"),
        ("message_rate", "60:0", "60:2"),
        ("message_rate", "60:-1", "60:2"),
        ("message_rate", "inf:nan", "60:2"),
        ("max_file_bytes", "100 MB", "whole number"),
        ("max_file_bytes", "0", "whole number"),
        ("trusted_proxies", "nginx", "is not an address or a network"),
        ("trusted_proxies", "10.0.0.1/8", "is not an address or a network"),
        ("log_level", "loud", "debug, info, warning, error"),
        ("log_format", "xml", "json, text"),
        ("metrics_access", "me", "admin, local, everyone"),
        ("workers", "0", "from 1 to 64"),
        ("worker", "W3", "small letters"),
        ("worker", "w.3", "small letters"),
        ("socket_dir", __file__, "is not a folder"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name(name: str, value: str, part: str) -> None:
    (complaint,) = complaints(**{name: value})
    assert complaint.startswith(f"MADANG_{name.upper()}: ")
    assert part in complaint


def test_an_unknown_variable_is_refused_with_a_guess() -> None:
    assert complaints(prot="1") == ["MADANG_PROT: there is no such setting. Is MADANG_PORT meant?"]
    assert complaints(teapot_mode="1") == ["MADANG_TEAPOT_MODE: there is no such setting."]


def test_a_password_is_not_shown() -> None:
    chosen = settings(database_url="postgresql://madang:hunter2@db.example.org:5433/talk")
    assert chosen.database == "postgresql://madang:hunter2@db.example.org:5433/talk"
    assert chosen.database_name == "talk at db.example.org:5433"
    assert "hunter2" not in repr(chosen)
    # PostgreSQL's own complaint of the last one would repeat the password.
    for wrong in (
        "mysql://madang:hunter2@db/talk",
        "postgresql://madang:hunter2@db:x/talk",
        "postgresql://madang:%hunter2@db/talk",
    ):
        assert "hunter2" not in complaints(database_url=wrong)[0]


def test_without_an_address_the_database_is_a_file() -> None:
    assert settings(data_dir="/srv/madang").database == Path("/srv/madang/madang.db")


def test_all_complaints_come_at_once() -> None:
    assert len(complaints(port="x", host="a b", colour="red")) == 3


def test_an_option_of_the_command_line_goes_before_its_variable() -> None:
    chosen = Settings.from_environment({"MADANG_PORT": "1", "MADANG_HOST": "::1"}, port=9000, host=None)
    assert (chosen.port, chosen.host) == (9000, "::1")
    with pytest.raises(SettingsError, match="--port: "):
        Settings.from_environment({}, port="x")
    with pytest.raises(SettingsError, match="--socket-dir: "):
        Settings.from_environment({}, socket_dir=__file__)
    with pytest.raises(SettingsError, match="--data: "):
        Settings.from_environment({}, data_dir=__file__)


def test_the_ports_of_several_workers_follow_each_other() -> None:
    assert settings(workers="4").port == 8001
    assert settings(workers="4", port="9001").port == 9001
    assert settings(worker="w3").port == 8003
    assert settings(worker="w3", port="9000").port == 9000
    assert settings(worker="east").port == 8001
    assert (settings().worker_name, settings(worker="w3").worker_name) == ("w1", "w3")


@pytest.mark.parametrize("variables", [{"workers": "2"}, {"worker": "w1"}])
def test_several_workers_have_something_before_them_that_others_reach(variables: dict[str, str]) -> None:
    several = settings(public_url="http://localhost:8080", **variables)
    assert several.is_one_of_many
    assert not several.is_local
    assert several.registration == "invitation"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert settings(port="", registration=" ") == Settings()


@pytest.mark.parametrize(
    "variables",
    [{"host": "0.0.0.0"}, {"host": "::"}, {"host": "192.168.1.5"}, {"public_url": "https://talk.example.org"}],
)  # fmt: skip
def test_a_server_that_others_reach_takes_people_by_invitation(variables: dict[str, str]) -> None:
    assert not settings(**variables).is_local
    assert settings(**variables).registration == "invitation"
    assert settings(**variables, registration="open").registration == "open"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.0.1", "::1", "[::1]"])
def test_loopback_has_many_names(host: str) -> None:
    assert settings(host=host).is_local
    assert settings(host=host, public_url="http://localhost:8000").is_local


def test_origins_are_written_as_browsers_write_them() -> None:
    chosen = settings(port="80", host="192.168.1.5", allowed_origins="HTTPS://마당.example:443/")
    assert chosen.origins == {
        "http://localhost", "http://127.0.0.1", "http://[::1]", "http://192.168.1.5", "https://xn--ok1b32k.example",
    }  # fmt: skip
    assert chosen.address == "http://192.168.1.5"


def test_the_message_rate_can_be_off() -> None:
    assert settings(message_rate="off").message_rate is None
    assert settings().message_rate == Rate(60, 2)


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.example.org",
        "redis://madang:tangerine%2Fsky@127.0.0.1:6380/0",
        "rediss://:secret@[::1]:6380?ssl_ca_certs=/etc/ssl/our.pem",
        "unix:///run/redis/redis.sock",
        "unix://madang@/run/redis/redis.sock?password=tangerine",
    ],
)
def test_workers_meet_at_a_redis(url: str) -> None:
    chosen = settings(redis_url=url)
    assert chosen.redis_url == url
    assert url not in repr(chosen)


@pytest.mark.parametrize(
    "url",
    [
        "redis.example.org:6379",
        "http://madang:tangerine@redis.example.org",
        "redis://madang:tangerine/sky@redis.example.org",
        "redis://madang:tangerine#sky@redis.example.org",
        "redis://madang:tangerine@redis.example.org:port",
        "redis://madang:tangerine@redis.example.org/zero",
        "redis://madang:tangerine@:6379",
        "unix://madang:tangerine@",
        "redis://madang:tangerine@redis.example.org?ssl_ca_certs=/etc/our.pem",
        "rediss://madang:tangerine@redis.example.org?retry_on_error=x",
        "unix:///run/redis.sock?password=tangerine&db=sky",
    ],
)
def test_a_wrong_redis_is_refused_by_name_and_its_password_is_not_repeated(url: str) -> None:
    (complaint,) = complaints(redis_url=url)
    assert complaint.startswith("MADANG_REDIS_URL: ")
    assert "tangerine" not in complaint
    assert "sky" not in complaint
