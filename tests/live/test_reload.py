"""SIGHUP: new settings in use without a request lost, bad ones refused, some only at a restart."""

import signal
import threading
import time

import pytest
import requests

from outage_window.errors import InputError
from outage_window.live.loop import Loop
from outage_window.serving.fixed import with_fixed
from outage_window.settings.models import Settings
from tests.live.made import RECORDED
from tests.live.process import Process

ALERTS = "/api/v1/webhooks/alertmanager"
BODY = (RECORDED / "am-0.25-firing.json").read_bytes()
GOOD = "outage_window_config_last_reload_successful"
AT = "outage_window_config_last_reload_success_timestamp_seconds"
SERVICE = "- {name: %s, source: file, file: export.csv}\n"


def wait_for(what):
    until = time.monotonic() + 20
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def reload(process, settings):
    whole = process.file.read_text().partition("services:")[0] + settings
    process.file.write_text(whole)
    process.process.send_signal(signal.SIGHUP)


def services(process):
    text = process.get("/metrics").text
    shown = 'outage_window_scan_failures_total{service="%s"}'
    return [name for name in ("one", "two", "three") if shown % name in text]


class Hammer:
    """Clients that post without a pause, on one connection each or on a new one each time."""

    def __init__(self, url, clients=4):
        self.url, self.answers, self.failures, self.over = url, [], [], False
        self.threads = [threading.Thread(target=self.run, args=(n % 2,)) for n in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        for thread in self.threads:
            thread.join()

    def run(self, anew):
        session = requests.Session()
        while not self.over:
            if anew:
                session.close()
                session = requests.Session()
            try:
                self.answers.append(session.post(self.url, data=BODY, timeout=30).status_code)
            except requests.RequestException as error:
                self.failures.append(error)
                break
        session.close()


def test_new_settings_come_into_use_and_no_request_fails(tmp_path):
    with Process(tmp_path, "services:\n" + SERVICE % "one") as process:
        before = process.metric(AT)
        assert before > 0
        assert services(process) == ["one"]
        with Hammer(process.url + ALERTS) as hammer:
            for round_ in range(6):
                name = ("two", "three")[round_ % 2]
                reload(process, "services:\n" + SERVICE % "one" + SERVICE % name)
                wait_for(lambda name=name: services(process) == ["one", name])
                enough = len(hammer.answers) + 8
                wait_for(lambda enough=enough: len(hammer.answers) > enough)
        assert hammer.failures == []
        assert set(hammer.answers) == {200}
        assert process.metric(GOOD) == 1
        assert process.metric(AT) > before
        assert process.metric("outage_window_deliveries_total") == len(hammer.answers)
        wait_for(lambda: process.log.count("reload: the settings are in use") == 6)
        assert process.stop(signal.SIGTERM) == 0


def test_bad_settings_change_nothing_and_are_named(tmp_path):
    with Process(tmp_path, "services:\n" + SERVICE % "one") as process:
        at = process.metric(AT)
        reload(process, "services:\n- {name: two, source: fil}\nscan_intervall: 5s\n")
        wait_for(lambda: process.metric(GOOD) == 0)
        assert services(process) == ["one"]
        assert process.metric(AT) == at
        wait_for(lambda: "the settings stay as they were" in process.log)
        assert "scan_intervall: unknown key, expected scan_interval?" in process.log
        assert "services[0].source" in process.log
        reload(process, "services:\n" + SERVICE % "two")
        wait_for(lambda: process.metric(GOOD) == 1)
        assert services(process) == ["two"]


def test_credentials_and_the_log_follow(tmp_path):
    with Process(tmp_path) as process:
        assert process.post(ALERTS, BODY).status_code == 200
        text = process.file.read_text().replace(":0'}", ":0', token: new-token}")
        process.file.write_text(text + "log: {format: json, level: debug}\n")
        process.process.send_signal(signal.SIGHUP)
        wait_for(lambda: process.post(ALERTS, BODY).status_code == 401)
        assert process.post(ALERTS, BODY, Authorization="Bearer new-token").status_code == 200
        wait_for(lambda: '"path": "/api/v1/webhooks/alertmanager"' in process.log)
        assert "new-token" not in process.log


def test_what_needs_a_restart_is_named_and_stays(tmp_path):
    with Process(tmp_path) as process:
        text = process.file.read_text().replace(":0'", ":1'").replace("ow.db", "x.db")
        process.file.write_text(text + "services:\n" + SERVICE % "one")
        process.process.send_signal(signal.SIGHUP)
        wait_for(lambda: services(process) == ["one"])
        wait_for(lambda: "storage.url stays" in process.log)
        assert "web.listen stays 127.0.0.1:0 until a restart" in process.log
        assert not (tmp_path / "x.db").exists()


def settings(listen, **more):
    return Settings.model_validate({"web": {"listen": listen, **more}})


def test_no_token_is_dropped_while_others_reach_the_address():
    running = settings("0.0.0.0:9195", token="t")
    with pytest.raises(InputError, match=r"expected web\.token"):
        with_fixed(running, settings("127.0.0.1:9195"))
    kept = with_fixed(running, settings("127.0.0.1:9195", token="u"))
    assert kept.web.listen == "0.0.0.0:9195"
    assert kept.web.token.get_secret_value() == "u"


def test_a_new_loop_waits_for_the_pass_of_the_old_one():
    order, go = [], threading.Event()

    class Old:
        def tick(self, stopping):
            order.append("old begins")
            go.wait(10)
            order.append("old ends")

    class New:
        def tick(self, stopping):
            order.append("new")
            done.set()

    done = threading.Event()
    old, new = Loop(Old(), 0.01), Loop(New(), 100)
    old.start()
    wait_for(lambda: order)
    old.tell()
    new.start(old)
    assert not done.wait(0.2)
    go.set()
    assert done.wait(10)
    new.stop()
    assert order == ["old begins", "old ends", "new"]
