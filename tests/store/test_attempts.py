"""Attempts per user: however they come, split and merged, the same is known of them."""

import logging
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select

from outage_window.errors import InputError
from outage_window.pseudonyms import Pseudonyms
from outage_window.store import Store, attempts, keys, minutes, upkeep
from outage_window.store.packing import pack, unpack
from outage_window.store.schema import attempt_blocks, attempt_bodies, metadata
from webhooks.model import AttemptBatch, Coded, Refused

MS, MINUTE, HOUR = 10**6, 60 * 10**9, 3600 * 10**9
FOREVER = [(0, 2**62)]
NAMES = Pseudonyms(b"k" * 32)


def coded(values):
    texts = list(dict.fromkeys(values))
    return Coded(np.array([texts.index(v) for v in values], np.int32), tuple(texts))


def batch(rows):
    """Rows of (time, user, reason or None for a success, source, service)."""
    time, user, reason, source, service = zip(*rows, strict=True)
    return AttemptBatch(
        np.array(time, np.int64),
        np.array([one is not None for one in reason]),
        coded(user),
        coded([one or "" for one in reason]),
        coded(source),
        coded(service),
    )


def many(rng, users, size, span=MINUTE, start=1000 * HOUR, service="auth"):
    """Attempts of users drawn at random, one source a user, one in ten failed."""
    who, at = np.unique(rng.integers(0, users, size), return_inverse=True)
    failed = rng.random(size) < 0.1
    return AttemptBatch(
        start + np.sort(rng.integers(0, span, size)),
        failed,
        Coded(at.astype(np.int32), tuple(f"u{n}" for n in who)),
        Coded(np.where(failed, 1, 0).astype(np.int32), ("", "bad_password")),
        Coded(at.astype(np.int32), tuple(f"10.{n >> 8}.{n & 255}.1" for n in who)),
        Coded(np.zeros(size, np.int32), (service,)),
    )


class Kept:
    """A store's tables in memory, with `write` and `read` as a store has them."""

    def __init__(self):
        self.names = NAMES
        self.engine = create_engine("sqlite://")
        self.numbers = count()
        with self.engine.begin() as connection:
            metadata.create_all(connection)
            keys.settle(connection, b"k" * 32)

    def write(self, work):
        with self.engine.begin() as connection:
            return work(connection)

    read = property(lambda self: self.engine.begin)

    def post(self, rows, sha256=None):
        one = rows if isinstance(rows, AttemptBatch) else batch(rows)
        found, last = attempts.blocks(one, self.names), int(one.time.max())
        name = sha256 or f"{next(self.numbers):064x}"
        return self.write(lambda c: attempts.keep(c, found, name, last))

    def of(self, service="auth", spans=FOREVER):
        with self.read() as connection:
            return attempts.of(connection, service, spans)

    def blocks(self):
        with self.read() as connection:
            return connection.execute(select(func.count()).select_from(attempt_blocks)).scalar()


@pytest.fixture
def kept():
    made = Kept()
    yield made
    made.engine.dispose()


def known(stored):
    """All that is known, in the order in which it is stored."""
    if stored is None:
        return None
    outcomes = [None, *stored.reasons]
    rows = zip(
        stored.user.tolist(),
        stored.first.tolist(),
        stored.last.tolist(),
        stored.attempts.tolist(),
        [outcomes[code] for code in stored.outcome],
        stored.source.tolist(),
        strict=True,
    )
    return list(rows), stored.reasons, stored.fraction


def test_records_are_a_minute_user_outcome_and_source(kept):
    start = 400_000 * HOUR
    kept.post(
        [
            (start + 30 * 10**9 + 1_999_999, "ann", None, "a", "auth"),
            (start + 10 * 10**9, "ann", None, "a", "auth"),
            (start + 20 * 10**9, "ann", "bad", "a", "auth"),
            (start + 21 * 10**9, "ann", None, "b", "auth"),
            (start + 61 * 10**9, "ann", None, "a", "auth"),
            (start, "bob", None, "", "auth"),
            (start, "ann", None, "a", "mail"),
        ]
    )
    rows, reasons, fraction = known(kept.of())
    (ann, bob), (a, b) = NAMES.users(["ann", "bob"]).tolist(), NAMES.sources(["a", "b"]).tolist()
    at = start / 1e9
    expected = [
        (ann, at + 10, at + 30.001, 2, None, a),
        (ann, at + 21, at + 21, 1, None, b),
        (ann, at + 20, at + 20, 1, "bad", a),
        (ann, at + 61, at + 61, 1, None, a),
        (bob, at, at, 1, None, 0),
    ]
    assert sorted(rows, key=str) == sorted(expected, key=str)
    assert (reasons, fraction) == (("bad",), 1.0)
    assert len(kept.of("mail").user) == 1
    assert kept.of("none") is None


def test_a_repeated_body_changes_nothing_even_when_it_is_merged(kept):
    bodies = [many(np.random.default_rng(seed), 50, 100) for seed in range(3)]
    for number, body in enumerate(bodies):
        assert kept.post(body, f"{number:064x}")
    before = known(kept.of())
    assert upkeep.compact(kept, 2000 * HOUR) == 1
    assert kept.blocks() == 1
    assert not any(kept.post(body, f"{number:064x}") for number, body in enumerate(bodies))
    assert known(kept.of()) == before


ROWS = st.tuples(
    st.integers(0, 3 * 60_000).map(lambda ms: 1000 * HOUR + 59 * MINUTE + ms * MS + 7),
    st.sampled_from([f"u{n}" for n in range(12)]),
    st.sampled_from([None, "", "bad", "worse"]),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(["auth", "mail"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ROWS, st.integers(0, 4)), min_size=1, max_size=60), st.randoms())
@pytest.mark.parametrize("most", [3, 100_000])
def test_no_split_order_or_merging_changes_what_is_known(most, rows, random):
    """Also where minutes hold more users than are kept, so that a sample is all that is known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minutes, "MOST_USERS", most)
        patch.setattr(upkeep, "SMALL", 20)
        spans = [FOREVER, [(1000 * HOUR, 1001 * HOUR)], [(1001 * HOUR + 1, 1001 * HOUR + MINUTE)]]
        one, other = Kept(), Kept()
        one.post([row for row, _ in rows])
        bodies = [[row for row, part in rows if part == number] for number in range(5)]
        random.shuffle(bodies)
        for body in filter(None, bodies):
            other.post(random.sample(body, len(body)))
            if random.random() < 0.3:
                upkeep.compact(other, 2000 * HOUR)
        for service in ("auth", "mail"):
            for span in spans:
                assert known(one.of(service, span)) == known(other.of(service, span))
        one.engine.dispose()
        other.engine.dispose()


@pytest.mark.parametrize("seed", range(5))
def test_a_sample_tells_how_many_users_there_are(kept, monkeypatch, seed):
    """Against a plain set of all ids, in bodies of a few hundred each."""
    monkeypatch.setattr(minutes, "MOST_USERS", 1000)
    rng, everyone = np.random.default_rng(seed), set()
    for _ in range(20):
        body = many(rng, 40_000, 600)
        everyone.update(body.user.texts)
        kept.post(body)
    upkeep.compact(kept, 2000 * HOUR)
    found = kept.of()
    assert len(np.unique(found.user)) == 1000
    assert found.fraction < 0.2
    # The variance of the estimate from the k lowest hashes is about n (n - k) / k.
    n = len(everyone)
    error = np.sqrt(n * (n - 1000) / 1000)
    assert abs(1000 / found.fraction - n) < 4 * error


def test_a_sample_of_one_minute_makes_a_sample_of_all_that_is_asked(kept, monkeypatch):
    monkeypatch.setattr(minutes, "MOST_USERS", 100)
    rng = np.random.default_rng(1)
    kept.post(many(rng, 10_000, 1000))
    kept.post(many(rng, 10_000, 90, start=1000 * HOUR + 5 * MINUTE))
    crowded, calm = (1000 * HOUR, 1000 * HOUR + MINUTE), (1000 * HOUR + 5 * MINUTE, 1001 * HOUR)
    both, alone = kept.of(spans=[crowded, calm]), kept.of(spans=[calm])
    assert (alone.fraction, len(alone.user)) == (1.0, 90)
    assert both.fraction < 0.2
    assert both.user.max() < both.fraction * 2**64
    assert 0 < np.count_nonzero(both.first >= calm[0] / 1e9) < 90


def test_only_hours_that_meet_the_spans_are_decoded(kept, monkeypatch):
    for hour in range(10):
        kept.post(many(np.random.default_rng(hour), 10, 20, start=(1000 + hour) * HOUR))
    decoded = []
    plain = attempts.records_of
    monkeypatch.setattr(attempts, "records_of", lambda row: decoded.append(row.hour) or plain(row))
    kept.of(spans=[(1002 * HOUR, 1002 * HOUR + 1), (1007 * HOUR - 1, 1007 * HOUR + 1), (5, 5)])
    assert decoded == [1002, 1006, 1007]


def test_many_small_blocks_of_an_hour_become_few(kept, monkeypatch):
    monkeypatch.setattr(upkeep, "AT_ONCE", 16)
    rng = np.random.default_rng(1)
    for number in range(40):
        kept.post(many(rng, 10, 20, start=(1000 + number % 2) * HOUR))
    before = known(kept.of())
    assert upkeep.compact(kept, 1000 * HOUR + 1) == 0
    while upkeep.compact(kept, 1001 * HOUR + upkeep.LATE, pieces=1):
        pass
    assert kept.blocks() == 21
    monkeypatch.setattr(upkeep, "CROWDED", 20)
    assert upkeep.compact(kept, 0) == 1
    assert kept.blocks() == 6
    assert known(kept.of()) == before
    with kept.read() as connection:
        assert connection.execute(select(func.count()).select_from(attempt_bodies)).scalar() == 40


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 59),
            st.integers(0, 2**64 - 1),
            st.integers(0, 300),
            st.integers(0, 2**32 - 1),
            st.sampled_from([0, 1, 999, 1000, 59_000]),
            st.sampled_from([0, 999]),
            st.sampled_from([1, 2, 255, 256, 65_535]),
        ),
        min_size=1,
    ).map(lambda rows: sorted(rows, key=lambda row: row[1]))
)
def test_every_record_survives_packing(rows):
    kinds = (np.uint8, np.uint64, np.uint32, np.uint32, np.uint16, np.uint16, np.uint16)
    columns = [np.array(c, kind) for c, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    columns[5] = columns[4] + columns[5] * (columns[6] > 1).astype(np.uint16)
    hour = minutes.Hour(*columns, tuple(f"r{n}" for n in range(300)))
    back = unpack(pack(hour), len(rows), hour.reasons)
    for name in minutes.Hour.__slots__[:7]:
        assert getattr(back, name).tolist() == getattr(hour, name).tolist()
        assert getattr(back, name).dtype == getattr(hour, name).dtype


@pytest.mark.parametrize(("users", "span"), [(10**6, MINUTE), (12_000, MINUTE), (50_000, HOUR)])
def test_a_record_takes_at_most_sixteen_bytes(users, span):
    (block,) = attempts.blocks(many(np.random.default_rng(1), users, 15_000, span), NAMES)
    assert len(block.data) <= 16 * block.size


def test_times_strewn_over_too_many_hours_are_refused(monkeypatch):
    monkeypatch.setattr(attempts, "MOST_BLOCKS", 3)
    rows = [(n * HOUR, "ann", None, "", "auth") for n in range(4)]
    assert len(attempts.blocks(batch(rows[1:]), NAMES)) == 3
    with pytest.raises(Refused, match="3 different hours"):
        attempts.blocks(batch(rows), NAMES)


def test_more_reasons_than_codes_count_as_none(kept, monkeypatch):
    monkeypatch.setattr(attempts, "MOST_OUTCOMES", 3)
    kept.post([(n * MINUTE, "bob", f"r{n}", "", "auth") for n in range(4)])
    found = kept.of()
    assert found.reasons == ("", "r0")
    assert [found.reasons[code - 1] for code in found.outcome] == ["r0", "", "", ""]


def test_what_is_older_than_the_retention_goes(kept, monkeypatch):
    monkeypatch.setattr(upkeep, "AT_ONCE", 2)
    for hour in range(6):
        kept.post(many(np.random.default_rng(hour), 10, 20, start=(1000 + hour) * HOUR))
    horizon = 1005 * HOUR + 5
    assert upkeep.expire(kept, horizon, pieces=1) == 2
    assert upkeep.expire(kept, horizon) == 3
    assert upkeep.expire(kept, horizon) == 0
    assert kept.of().first.min() >= 1005 * 3600
    with kept.read() as connection:
        assert connection.execute(select(func.count()).select_from(attempt_bodies)).scalar() == 1


def post(store, rows, sha256):
    one = batch(rows)
    found = attempts.blocks(one, store.names)
    store.write(lambda c: attempts.keep(c, found, sha256, 1))


def test_a_changed_key_starts_anew_and_says_so_once(tmp_path, caplog):
    url = f"sqlite:///{tmp_path / 'ow.db'}"
    (tmp_path / "key").write_bytes(b"x" * 40)
    with caplog.at_level(logging.WARNING):
        for file, name in ((None, "0" * 64), (tmp_path / "key", "1" * 64), (None, "2" * 64)):
            for again in range(2):
                store = Store.open(url, file and str(file))
                if not again:
                    post(store, [(5 * MINUTE, "ann", None, "", "auth")], name)
                store.close()
    told = [r.message for r in caplog.records]
    assert (
        told
        == ["the user key changed: earlier attempts cannot be matched, so tier 2 starts anew"] * 2
    )
    store = Store.open(url)
    with store.read() as connection:
        assert attempts.of(connection, "auth", FOREVER).attempts.tolist() == [2]
        assert attempts.mark(connection, "auth", FOREVER)[0] == 3
    store.close()


@pytest.mark.parametrize("content", [None, b"x" * 31])
def test_a_key_file_that_is_not_there_or_too_short(tmp_path, content):
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=r"key: expected .*at least 32 bytes"):
        Store.open(f"sqlite:///{tmp_path / 'ow.db'}", str(file))
    file.write_bytes(b"x" * 32)
    Store.open(f"sqlite:///{tmp_path / 'ow.db'}", str(file)).close()
    assert not (tmp_path / "ow.db.key").exists()


def test_a_user_is_forgotten(store):
    rows = [
        (n * 20 * MINUTE, user, None, "", service)
        for n in range(6)
        for user in ("ann", "bob")
        for service in ("auth", "mail")
    ]
    post(store, [*rows, (9 * HOUR, "ann", None, "", "auth")], "0" * 64)
    assert upkeep.forget(store, "cyd") == 0
    assert upkeep.forget(store, "ann", "mail") == 6
    assert upkeep.forget(store, "ann") == 7
    assert upkeep.forget(store, "ann") == 0
    with store.read() as connection:
        found = [attempts.of(connection, service, FOREVER) for service in ("auth", "mail")]
        assert connection.execute(select(func.min(attempt_blocks.c.size))).scalar() > 0
    assert [np.unique(one.user).tolist() for one in found] == [
        store.names.users(["bob"]).tolist()
    ] * 2
    assert [len(one.user) for one in found] == [6, 6]
