"""Settings: what is right is read, and each thing wrong is named with its line and key."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from outage_window.cli.check_config import command
from outage_window.settings.durations import parse_duration, show_duration
from outage_window.settings.load import SettingsError, load

EXAMPLE = Path(__file__).parents[2] / "config" / "outage-window.yml"
PULLED = """prometheus: {url: "http://127.0.0.1:9090"}
services:
- name: auth
  source: pull
  attempts: a
  errors: b
"""
SENT = PULLED[PULLED.index("services") :].replace("pull", "remote_write")
FILED = "services:\n- name: auth\n  source: file\n  file: a.csv\n"


def problems(tmp_path, text, environ=None):
    file = tmp_path / "s.yml"
    file.write_text(text)
    with pytest.raises(SettingsError) as error:
        load(str(file), environ or {})
    return [line.removeprefix(str(file)) for line in error.value.lines]


def loaded(tmp_path, text, environ=None):
    file = tmp_path / "s.yml"
    file.write_text(text)
    return load(str(file), environ or {})


def test_the_shipped_example_is_good():
    settings = load(str(EXAMPLE), {})
    assert settings.services[0].reasons.system == ("invalid_token",)
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 9195)


def test_an_empty_file_is_all_defaults(tmp_path):
    settings = loaded(tmp_path, "")
    assert settings.detection.join_gap == 900
    assert settings.services == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web:\n  listn: x", ":2: web.listn: unknown key, expected listen?"),
        ("scan_interval: 15", ":1: scan_interval: expected a duration such as 15s"),
        ("scan_interval: 15.0", ":1: scan_interval: expected a duration such as 15s"),
        ("web: {listen: 127.0.0.1}", ":1: web.listen: expected HOST:PORT"),
        ("web: {listen: 0.0.0.0:9195}", ":1: web.listen: expected a loopback address, or"),
        ("web:\n  token: ü", ":2: web.token: expected a secret of ASCII"),
        ("prometheus: {url: 'http://a:290900'}", ":1: prometheus.url: expected a URL such as"),
        ("prometheus: {url: 'http://[a'}", ":1: prometheus.url: expected a URL such as"),
        ("prometheus: {url: 'http://a/graph?g=1'}", ":1: prometheus.url: expected a URL such as"),
        ("web:\n  token: ''", ":2: web.token: expected a secret; it is empty"),
        ("web:\n  token: ' '", ":2: web.token: expected a secret; it is empty"),
        ("storage: {url: 'mysql://x/y'}", ":1: storage.url: expected sqlite:///FILE"),
        ("storage: {url: 'postgresql://x'}", ":1: storage.url: expected postgresql://USER@HOST/D"),
        (
            "storage: {url: 'postgresql://u:p@h/d'}",
            ":1: storage.url: expected no password in it: storage.password_file is for that",
        ),
        (
            "storage: {url: 'postgresql://u@h/d'}",
            ":1: attempts.user_key_file: expected a file of at least 32 bytes",
        ),
        (
            "prometheus: {url: 'http://p:9'}\nstorage: {retention: 30d}",
            ":2: storage.retention: expected at least a week more than prometheus.history",
        ),
        ("attempts: {retention: 35}", ":1: attempts.retention: expected a duration such as"),
        ("attempts:\n  retain: 3d", ":2: attempts.retain: unknown key, expected retention?"),
        (
            "attempts:\n  user_key_file: none",
            ":2: attempts.user_key_file: expected a file of at least 32 bytes: ",
        ),
        ("web: {}\nweb: {}", ":2: web: expected the key once"),
        ("a: [", ":1: expected YAML"),
        ("- a", ":1: expected keys and values"),
        ("web: 5", ":1: web: expected"),
        (SENT.replace("  errors: b\n", ""), ":2: services[0].errors: expected a selector"),
        (SENT + "  file: x\n", ":6: services[0].file: expected only with source: file"),
        (SENT + "  export: {quantity: rate}", ":6: services[0].export: expected only with source"),
        (
            FILED + "  export: {time_zone: Mars/Base}",
            ":5: services[0].export.time_zone: expected a zone",
        ),
        (FILED + "  export: {time_unit: h}", ":5: services[0].export.time_unit: expected 's'"),
        (SENT + "remote_write: {most_series: 0}", ":6: remote_write.most_series: expected greater"),
        (
            SENT + "storage: {retention: 34d}",
            ":6: storage.retention: expected at least a week more than remote_write.history",
        ),
        (PULLED.replace("pull", "push"), ":4: services[0].source: expected 'pull', 'remote_"),
        (PULLED.replace("pull", "file"), ":4: services[0].source: file expects the key file"),
        (PULLED.replace("  errors: b\n", ""), ":3: services[0].errors: expected a selector"),
        (PULLED.replace("a\n", "rate(a[5m])\n"), ":5: services[0].attempts: expected a selector"),
        (PULLED.replace("auth", "a/b"), ":3: services[0].name: expected a name of letters"),
        (PULLED + "  slow: {histogram: h}\n", ":7: services[0].slow: slow successes cannot"),
        (PULLED + "  alerts: ['x=']\n", ":7: services[0].alerts[0]: expected an Alertmanager"),
        (PULLED + "  zone: Mars/Base\n", ":7: services[0].zone: expected a zone such as"),
        (PULLED + "  slo: {target: 100}\n", ":7: services[0].slo.target: expected less than 100"),
        (PULLED[PULLED.index("services") :], ":3: services[0].source: pull expects prometheus"),
        (PULLED + "- {name: auth, source: file, file: x}", ":7: services[1].name: expected a name"),
    ],
)
def test_each_problem_has_line_and_key(tmp_path, text, expected):
    assert any(line.startswith(expected) for line in problems(tmp_path, text))


def test_all_problems_are_told_in_the_order_of_the_file(tmp_path):
    found = problems(tmp_path, "scan_interval: 5\nwbe: {}\ndetection: {join_gap: x}\n")
    assert [line.split(":")[1] for line in found] == ["1", "2", "3"]


def test_the_environment_wins(tmp_path):
    environ = {
        "OUTAGE_WINDOW_WEB__LISTEN": "[::1]:80",
        "OUTAGE_WINDOW_SERVICES__0__ZONE": "-05:00",
        "OUTAGE_WINDOW_WEB__ALLOW_ANONYMOUS": "true",
        "OUTAGE_WINDOW_SCAN_INTERVAL": "1m",
        "OTHER": "x",
    }
    settings = loaded(tmp_path, PULLED, environ)
    assert (settings.web.host, settings.web.port) == ("::1", 80)
    assert settings.services[0].zone == "-05:00"
    assert settings.scan_interval == 60


def test_services_can_come_from_the_environment(tmp_path):
    environ = {"OUTAGE_WINDOW_SERVICES": '[{"name": "a", "source": "file", "file": "x.csv"}]'}
    settings = loaded(tmp_path, "", environ)
    assert settings.services[0].file == str(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OUTAGE_WINDOW_WEB__LISTEN", "nowhere"),
        ("OUTAGE_WINDOW_WBE__LISTEN", "127.0.0.1:1"),
        ("OUTAGE_WINDOW_SERVICES__9__NAME", "a"),
        ("OUTAGE_WINDOW_SERVICES", "[{"),
    ],
)
def test_a_bad_variable_is_named(tmp_path, name, value):
    (line,) = problems(tmp_path, "", {name: value})
    assert name in line


def test_secrets_from_files(tmp_path):
    (tmp_path / "token").write_text("s3cret\n")
    settings = loaded(tmp_path, "web: {listen: '0.0.0.0:1', token_file: token}")
    assert settings.web.token.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(settings)
    assert "web.token_file" in problems(tmp_path, "web: {token_file: gone}")[0]
    assert "not both" in problems(tmp_path, "web: {token: a, token_file: token}")[0]


def test_a_secret_never_shows_in_a_problem(tmp_path):
    found = problems(tmp_path, "web: {token: [s3cret]}\nprometheus: {headers: {a: [s3cret]}}")
    assert not any("s3cret" in line for line in found)


@pytest.mark.parametrize("name", ["gone.yml", "."])
def test_a_file_that_cannot_be_read(tmp_path, name):
    with pytest.raises(SettingsError, match="expected a settings file"):
        load(str(tmp_path / name), {})


@given(st.integers(1, 10**11))
def test_durations_read_back(milliseconds):
    assert parse_duration(show_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "-5m", "5m1h", "0s", "1.5h", "9" * 30 + "y"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="expected a duration"):
        parse_duration(text)


def test_aliases_that_unfold_without_end(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "aliases" in problems(tmp_path, "\n".join(lines))[0]


@pytest.mark.parametrize("value", ["!!bool maybe", "!!timestamp soon", "!!int ''"])
def test_a_tag_that_does_not_fit_its_value(tmp_path, value):
    (problem,) = problems(tmp_path, f"web:\n  listen: {value}\n")
    assert problem.startswith(":2: expected YAML: no value for")


@pytest.mark.parametrize(
    ("name", "value"),
    [("SERVICES", "[" * 50_000), ("SERVICES", "[!!bool maybe]"), ("SERVICES__" + "9" * 5000, "x")],
    ids=["nested", "tag", "number"],
)
def test_a_hostile_variable_is_named(tmp_path, name, value):
    (problem,) = problems(tmp_path, "", {f"OUTAGE_WINDOW_{name}": value})
    assert f"OUTAGE_WINDOW_{name}" in problem


@pytest.mark.parametrize(
    "setting", ['token: "ü"', 'headers: {X: "a\\nY: b"}', 'headers: {"X\\n": a}']
)
def test_what_no_request_can_carry(tmp_path, setting):
    (problem,) = problems(tmp_path, f'prometheus:\n  url: "http://127.0.0.1:9090"\n  {setting}\n')
    assert "ASCII without line ends" in problem
    assert "\n" not in problem


def test_a_line_end_in_a_key_makes_no_second_line(tmp_path):
    (problem,) = problems(tmp_path, '"a\\nb": 1\n')
    assert problem.startswith(":1: a\\nb: unknown key")


def test_a_nul_in_the_name_of_the_database(tmp_path):
    (problem,) = problems(tmp_path, 'storage: {url: "sqlite:///a\\0b"}\n')
    assert "sqlite:///FILE" in problem


def test_every_path_is_relative_to_the_folder_of_the_settings(tmp_path, monkeypatch):
    (tmp_path / "conf").mkdir()
    file = tmp_path / "conf" / "s.yml"
    file.write_text(
        "storage: {url: 'sqlite:///kept.db'}\ndrafts: {dir: made}\n"
        "services: [{name: a, source: file, file: a.csv}]\n"
    )
    monkeypatch.chdir(tmp_path)
    settings = load("conf/s.yml", {"OUTAGE_WINDOW_DRAFTS__DIR": "other"})
    assert settings.storage.url == "sqlite:///conf/kept.db"
    assert settings.drafts.dir == "conf/other"
    assert settings.services[0].file == "conf/a.csv"
    monkeypatch.chdir(tmp_path / "conf")
    assert load("s.yml", {}).storage.url == "sqlite:///kept.db"
    assert load(str(file), {}).storage.url == f"sqlite:///{tmp_path}/conf/kept.db"
    absolute = load("s.yml", {"OUTAGE_WINDOW_STORAGE__URL": "sqlite:////var/x.db"})
    assert absolute.storage.url == "sqlite:////var/x.db"


def test_a_folder_that_no_database_url_can_name(tmp_path):
    (tmp_path / "why?").mkdir()
    assert "storage.url: expected an absolute path" in problems(tmp_path / "why?", "web: {}\n")[0]


def test_an_export_that_is_not_there_is_warned_of_with_line_and_key(tmp_path):
    file = tmp_path / "s.yml"
    file.write_text("services:\n- name: a\n  source: file\n  file: a.csv\n")
    warned = CliRunner().invoke(command, [str(file)])
    assert warned.stderr == f"{file}:4: services[0].file: warning: no file {tmp_path}/a.csv yet\n"
    assert f"{file}: good" in warned.stdout
    (tmp_path / "a.csv").write_text("")
    assert CliRunner().invoke(command, [str(file)]).stderr == ""


def test_what_is_known_of_users(tmp_path):
    (tmp_path / "key").write_bytes(b"\0" * 31 + b"\n")
    users = "  users: {sample: {by: user_hash, fraction: 0.05}}\n  reasons: {preset: keycloak}\n"
    settings = loaded(
        tmp_path, f"attempts: {{retention: 50d, user_key_file: key}}\n{PULLED}{users}"
    )
    assert settings.attempts.retention == 50 * 86400
    assert settings.attempts.user_key_file == str(tmp_path / "key")
    assert settings.services[0].users.registered is None
    assert settings.services[0].users.sample.fraction == 0.05
    assert settings.services[0].reasons.preset == "keycloak"
    assert loaded(tmp_path, "").attempts.retention == 35 * 86400


@pytest.mark.parametrize(
    "wrong",
    [
        "users: {sample: {by: id, fraction: 0.5}}",
        "users: {sample: {by: user_hash, fraction: 0}}",
        "users: {sample: {by: user_hash, fraction: 1.5}}",
        "users: {sample: {by: user_hash}}",
        "reasons: {preset: okta}",
    ],
)
def test_samples_and_presets_that_are_none(tmp_path, wrong):
    (line,) = problems(tmp_path, f"{PULLED}  {wrong}\n")
    assert line.startswith(":7: services[0].")
    assert "expected" in line


SENDER = "senders:\n- {name: gh, kind: github, secret: x, services: %s}\n"


def test_a_sender_says_what_it_calls_our_services(tmp_path):
    settings = loaded(tmp_path, SENDER % "{acme/auth: auth, 'acme/auth:staging': [], '*': [a, b]}")
    assert settings.senders[0].services == {
        "acme/auth": ("auth",), "acme/auth:staging": (), "*": ("a", "b")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SENDER % "{acme/auth: [a/b]}", ":2: senders[0].services.acme/auth[0]: expected a name of"),
        (SENDER % "{acme/auth: 5}", ":2: senders[0].services.acme/auth: expected a list"),
        (SENDER % "[auth]", ":2: senders[0].services: expected keys and values"),
        (
            "senders: [{name: a, kind: grafana, services: {a: b}}]",
            ":1: senders[0].services: expected it only with kind github, pagerduty, events",
        ),
        (
            "senders: [{name: a, kind: github, token: x}]",
            ":1: senders[0].token: expected secret: github signs",
        ),
        (
            "senders: [{name: a, kind: grafana, secret: x}]",
            ":1: senders[0].secret: expected token: only github, pagerduty, events sign",
        ),
        (
            "senders: [{name: a, kind: events, token: x}, {name: b, kind: pagerduty}]",
            ":1: senders[1].secret: expected what pagerduty signs under",
        ),
    ],
)
def test_what_a_sender_cannot_be(tmp_path, text, expected):
    assert any(line.startswith(expected) for line in problems(tmp_path, text))


def test_a_service_that_nobody_knows_is_warned_of_with_line_and_key(tmp_path):
    file = tmp_path / "s.yml"
    sender = "senders:\n- name: gh\n  kind: github\n  secret: x\n  services:\n    acme/auth: [%s]\n"
    file.write_text(PULLED + sender % "auth, atuh")
    warned = CliRunner().invoke(command, [str(file)])
    key = "senders[0].services.acme/auth"
    assert warned.stderr == f"{file}:12: {key}: warning: no service atuh among yours\n"
    assert f"{file}: good" in warned.stdout
    for known in (PULLED + sender % "auth", sender % "from-alerts-alone"):
        file.write_text(known)
        assert CliRunner().invoke(command, [str(file)]).stderr == ""
