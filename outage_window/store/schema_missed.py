"""The tables of what no delivery brought, of what kept it away, and of when it was asked for."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from outage_window.store.metadata import metadata

backfilled_alerts = Table(
    "backfilled_alerts",
    metadata,
    Column("source", Text, primary_key=True),  # which API told it: alertmanager | prometheus
    Column("fingerprint", Text, primary_key=True),
    Column("starts_at", BigInteger, primary_key=True),
    Column("service", Text),  # by the settings; NULL: no evidence
    Column("sender", Text, nullable=False),
    Column("ends_at", BigInteger),  # NULL while it fires
    Column("labels", Text, nullable=False),
    Column("annotations", Text, nullable=False),
    Column("step", BigInteger, nullable=False),  # how exact its times are; 0: as they were given
    Column("external", Text),  # JSON: names of labels added in sending; NULL: not known
    Column("active_since", BigInteger),  # when its condition began to hold
    Column("valid_until", BigInteger),  # when it ends by itself if nobody repeats it
    Column("missing_since", BigInteger),  # the first asking that it was absent in
    Column("fetched_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),  # the last time that it was known to fire
    Index("backfilled_alerts_by_service", "service", "starts_at"),
)

silences = Table(
    "silences",
    metadata,
    Column("id", Text, primary_key=True),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("matchers", Text, nullable=False),  # JSON
    Column("comment", Text, nullable=False),
    Column("planned", Boolean, nullable=False),  # it was there before it began
)

muted_alerts = Table(
    "muted_alerts",
    metadata,
    # What Alertmanager listed as firing and told nobody of.
    Column("fingerprint", Text, primary_key=True),
    Column("starts_at", BigInteger, primary_key=True),
    Column("how", Text, primary_key=True),  # silenced | inhibited
    Column("service", Text),  # by the settings; NULL: no evidence
    Column("labels", Text, nullable=False),
    Column("by", Text, nullable=False),  # JSON: ids of silences, or fingerprints of alerts
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Index("muted_alerts_by_start", "starts_at"),
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),  # nothing up to here is missing
)

covered = Table(
    "covered",
    metadata,
    # Over which times something was received or asked for; spans of one name may overlap.
    Column("name", Text, primary_key=True),  # receiving | alertmanager | prometheus
    Column("start", BigInteger, primary_key=True),
    Column("end", BigInteger, nullable=False),
)
