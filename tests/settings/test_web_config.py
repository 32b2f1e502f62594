"""The web configuration file: what is right is taken, each thing wrong is named with its line."""

import logging

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from outage_window.cli.check_config import command
from outage_window.settings import load as settings_load
from outage_window.settings.go_tls import CURVES, SUITES
from outage_window.settings.load import SettingsError
from outage_window.settings.tls_context import make_context
from outage_window.settings.web_config import load, read
from outage_window.settings.web_watch import Watched
from tests.security.made import HASH, MUTUAL, SERVER, USERS, Authority


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("web")).folder


def written(folder, text):
    file = folder / "web.yml"
    file.write_text(text)
    return str(file)


def problems(folder, text):
    file = written(folder, text)
    with pytest.raises(SettingsError) as error:
        load(file)
    return [line.removeprefix(file) for line in error.value.lines]


def test_an_empty_file_guards_nothing(folder):
    config = load(written(folder, ""))
    assert not config.guards
    assert not config.tls_server_config.enabled
    assert load(written(folder, "tls_server_config: {}")) == config


def test_everything_that_can_be_honoured(folder):
    text = f"""
{MUTUAL}
  client_allowed_sans: [am.example]
  min_version: TLS12
  max_version: TLS12
  cipher_suites: [{", ".join(SUITES)}, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [CurveP384]
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=1
    X-Frame-Options: deny
    X-Content-Type-Options: nosniff
    X-XSS-Protection: "0"
    Content-Security-Policy: default-src 'none'
{USERS}
rate_limit: {{interval: 100ms, burst: 20}}
"""
    config = load(written(folder, text))
    assert config.guards
    assert config.rate_limit.interval == 0.1
    assert config.words().startswith("https, client certificates")
    context = make_context(config.tls_server_config)
    offered = {one["name"] for one in context.get_ciphers()}
    assert set(SUITES.values()) <= offered
    assert not [one for one in offered if one.startswith("AES")]  # no key exchange without ECDHE


@pytest.mark.parametrize("curve", CURVES)
def test_every_curve(folder, curve):
    load(written(folder, f"{SERVER}  curve_preferences: [{curve}]\n"))


def test_inline_certificates(folder):
    def block(name):
        text = (folder / name).read_text()
        return "|\n" + "".join(f"    {line}\n" for line in text.splitlines())

    text = f"tls_server_config:\n  cert: {block('server.pem')}  key: {block('server.key')}"
    text += "  client_auth_type: VerifyClientCertIfGiven\n  client_ca: " + block("ca.pem")
    config = load(written(folder, text))
    assert config.tls_server_config.enabled
    assert not config.guards  # a client without a certificate is let in
    assert "PRIVATE" not in repr(config)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tls_server:\n  x: 1", ":1: tls_server: unknown key, expected tls_server_config?"),
        ("\ntls_server_config:\n  cert_fil: x", ":3: tls_server_config.cert_fil: unknown key"),
        ("basic_auth_users:\n  a: x", ":2: basic_auth_users.a: expected a bcrypt hash"),
        (f"basic_auth_users:\n  'a:b': {HASH}", ":2: basic_auth_users.a:b"),
        ("basic_auth_users: {a: $2y$31$" + 53 * "." + "}", ":1: basic_auth_users.a: expected a b"),
        ("http_server_config:\n  http2: true", ":2: http_server_config.http2: expected false"),
        ("http_server_config:\n  headers: {Server: x}", "expected headers among Content-Security"),
        (
            "http_server_config:\n  headers: {X-Frame-Options: x}",
            "X-Frame-Options: deny or",
        ),
        ('http_server_config:\n  headers: {X-XSS-Protection: "1\\r\\nA: b"}', "one line of ASCII"),
        ("rate_limit: {interval: 1s}", "expected a burst of at least 1"),
        ("rate_limit: {interval: 5, burst: 1}", "expected a duration such as"),
        (SERVER + "  min_version: TLS10", ":4: tls_server_config.min_version: expected TLS12 or"),
        (SERVER + "  min_version: TLS13\n  max_version: TLS12", "not above max_version"),
        (SERVER + "  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]", "expected suites among TLS_ECDHE"),
        (SERVER + "  cipher_suites: [TLS_AES_128_GCM_SHA256]", "expected a suite of TLS 1.2 too"),
        (SERVER + "  curve_preferences: [CurveP256, X25519]", "expected one curve"),
        (SERVER + "  curve_preferences: [P256]", "expected one of CurveP256"),
        (SERVER + "  client_auth_type: RequireAnyClientCert", ":4: tls_server_config.client_auth"),
        (SERVER + "  client_auth_type: RequireAndVerifyClientCert", "client_ca or client_ca_file"),
        (SERVER + "  client_ca_file: ca.pem", "expected client_auth_type: RequireAndVerify"),
        (SERVER + "  client_allowed_sans: [a]", "client_allowed_sans with client_auth_type"),
        (SERVER + "  cert: x", "expected cert or cert_file, not both"),
        ("tls_server_config: {cert_file: server.pem}", "expected key or key_file"),
        (
            "tls_server_config: {cert_file: a, key_file: b}",
            ":1: tls_server_config.cert_file: exp",
        ),
        ("tls_server_config: {cert_file: ca.pem, key_file: server.key}", "key of the certificate"),
        (
            "tls_server_config: {cert_file: web.yml, key_file: server.key}",
            "certificate and its key",
        ),
        (MUTUAL.replace("ca.pem", "web.yml"), "client_ca_file: expected certificates in PEM"),
        ("- a", "expected keys and values"),
        ("a: [", "expected YAML"),
    ],
)
def test_each_thing_wrong_is_named(folder, text, expected):
    (problem,) = problems(folder, text)
    assert expected in problem
    assert "$2" not in problem.replace("$2y$10", "")


def test_a_file_that_is_not_there(tmp_path):
    config, (problem,) = read(str(tmp_path / "no.yml"))
    assert config is None
    assert "expected a web configuration file" in problem.expected


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "ignore"))
)
def test_noise_is_never_more_than_a_problem(tmp_path_factory, noise):
    file = tmp_path_factory.getbasetemp() / "noise.yml"
    file.write_bytes(noise)
    config, found = read(str(file))
    assert config is not None or found


def test_the_settings_name_it_and_its_problems(tmp_path):
    settings = tmp_path / "s.yml"
    (tmp_path / "web.yml").write_text("\nbasic_auth_users: {a: b}")
    settings.write_text("web: {listen: '0.0.0.0:1', config_file: web.yml}")
    with pytest.raises(SettingsError) as error:
        settings_load.load(str(settings), {})
    (line,) = error.value.lines
    assert line.startswith(f"{tmp_path / 'web.yml'}:2: basic_auth_users.a: expected a bcrypt hash")


def test_users_are_credentials_and_an_empty_file_is_none(tmp_path):
    settings = tmp_path / "s.yml"
    settings.write_text("web: {listen: '0.0.0.0:1', config_file: web.yml}")
    (tmp_path / "web.yml").write_text(USERS)
    assert settings_load.load(str(settings), {}).web.config_file == str(tmp_path / "web.yml")
    (tmp_path / "web.yml").write_text("")
    with pytest.raises(SettingsError, match="expected a loopback address, or credentials"):
        settings_load.load(str(settings), {})


@pytest.mark.parametrize(
    ("readers", "users", "wrong"),
    [
        ("[ann]", USERS, []),
        ("[]", USERS, []),
        (
            "[ann, Main]",
            USERS,
            ["web.readers[1]: expected a user of the web configuration, not Ma"],
        ),
        ("[ann]", "", ["web.readers[0]: expected a user of the web configuration, not ann"]),
        ("ann", USERS, ["web.readers: expected a list"]),
        ("[bob]", "basic_auth_users: {a: b}", [": basic_auth_users.a: expected a bcrypt hash"]),
    ],
)
def test_readers_are_users(tmp_path, readers, users, wrong):
    settings = tmp_path / "s.yml"
    settings.write_text(f"web:\n  config_file: web.yml\n  readers: {readers}\n")
    (tmp_path / "web.yml").write_text(users)
    found, problems = settings_load.read(str(settings), {})
    told = SettingsError(str(settings), problems).lines if problems else []
    assert len(told) == len(wrong)
    assert all(text in line for text, line in zip(wrong, told, strict=True))
    if not wrong:
        assert found.web.readers == (("ann",) if "ann" in readers else ())
        said = CliRunner().invoke(command, [str(settings)]).output
        assert ("may read, and change nothing: ann" in said) == ("ann" in readers)


def test_without_that_file_nobody_is_a_reader(tmp_path):
    settings = tmp_path / "s.yml"
    settings.write_text("web: {readers: [ann]}")
    with pytest.raises(SettingsError, match=r"readers\[0\]: expected a user"):
        settings_load.load(str(settings), {})


def test_it_is_read_again_when_it_changes_and_kept_when_it_breaks(tmp_path, caplog):
    now = [0.0]
    file = written(tmp_path, USERS)
    watched = Watched(file, lambda: now[0])
    assert set(watched().hashes()) == {"ann", "main"}
    written(tmp_path, f"basic_auth_users: {{eve: {HASH}}}")
    assert set(watched().hashes()) == {"ann", "main"}  # it looks once a second
    now[0] = 2
    assert set(watched().hashes()) == {"eve"}
    with caplog.at_level(logging.ERROR):
        for broken in ("basic_auth_users: {eve: x}", SERVER):
            written(tmp_path, broken)
            now[0] += 2
            assert set(watched().hashes()) == {"eve"}
            now[0] += 2
            assert set(watched().hashes()) == {"eve"}
    assert len(caplog.records) == 2
