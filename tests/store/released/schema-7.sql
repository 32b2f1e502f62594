-- A database as schema version 7 left it.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('7');
CREATE TABLE alerts (
	id INTEGER NOT NULL, 
	sender TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	starts_at BIGINT NOT NULL, 
	ends_at BIGINT, 
	labels TEXT NOT NULL, 
	annotations TEXT NOT NULL, 
	generator_url TEXT NOT NULL, 
	first_received BIGINT NOT NULL, 
	last_received BIGINT NOT NULL, 
	deliveries INTEGER NOT NULL, 
	truncated INTEGER NOT NULL, service TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (sender, fingerprint, starts_at)
);
INSERT INTO "alerts" VALUES(1,'alertmanager','47e585fe39c0d057',1795196241127000000,NULL,'{"alertname": "AuthErrorRateHigh", "service": "auth", "severity": "page"}','{"summary": "Auth errors 43.25%"}','http://vm:9914/graph?g0.expr=sum+by+%28service%29+%28rate%28auth_requests_total%7Bresult%3D%22failure%22%7D%5B5s%5D%29%29+%2F+sum+by+%28service%29+%28rate%28auth_requests_total%5B5s%5D%29%29+%3E+0.1&g0.tab=1',10,10,1,0,NULL);
CREATE TABLE attempt_blocks (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	epoch INTEGER NOT NULL, 
	service TEXT NOT NULL, 
	hour INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	reasons TEXT NOT NULL, 
	cuts TEXT, 
	data BLOB NOT NULL
);
INSERT INTO "attempt_blocks" VALUES(1,1,'auth',473872,1,'[""]',NULL,X'800F00000078016B90636464D83F0100065201F0000000000062193E751F6A');
CREATE TABLE attempt_bodies (
	sha256 BLOB NOT NULL, 
	last BIGINT NOT NULL, 
	PRIMARY KEY (sha256)
)
 WITHOUT ROWID

;
INSERT INTO "attempt_bodies" VALUES(X'ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB',1705941000000000000);
CREATE TABLE backfilled_alerts (
	source TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	starts_at BIGINT NOT NULL, 
	service TEXT, 
	sender TEXT NOT NULL, 
	ends_at BIGINT, 
	labels TEXT NOT NULL, 
	annotations TEXT NOT NULL, 
	step BIGINT NOT NULL, 
	external TEXT, 
	active_since BIGINT, 
	valid_until BIGINT, 
	missing_since BIGINT, 
	fetched_at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	PRIMARY KEY (source, fingerprint, starts_at)
);
CREATE TABLE board (
	incident_id TEXT NOT NULL, 
	service TEXT NOT NULL, 
	state TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	start BIGINT NOT NULL, 
	"end" BIGINT, 
	lasting BOOLEAN NOT NULL, 
	dismissed BOOLEAN NOT NULL, 
	title TEXT NOT NULL, 
	todos INTEGER, 
	figures TEXT NOT NULL, 
	changed_at BIGINT NOT NULL, 
	PRIMARY KEY (incident_id)
);
INSERT INTO "board" VALUES('a','auth','closed','',1,2,0,0,'',0,'{"alerts": 0, "first_alert": null}',2);
INSERT INTO "board" VALUES('b','auth','ongoing','',1,2,1,0,'',0,'{"alerts": 0, "first_alert": null}',2);
CREATE TABLE cells (
	incident_id TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (incident_id)
);
CREATE TABLE corrections (
	id INTEGER NOT NULL, 
	incident_id TEXT NOT NULL, 
	field TEXT NOT NULL, 
	value TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE covered (
	name TEXT NOT NULL, 
	start BIGINT NOT NULL, 
	"end" BIGINT NOT NULL, 
	PRIMARY KEY (name, start)
);
CREATE TABLE deliveries (
	id INTEGER NOT NULL, 
	sender TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	received_at BIGINT NOT NULL, 
	last_received_at BIGINT NOT NULL, 
	copies INTEGER NOT NULL, 
	quarantined TEXT, 
	body BLOB NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (sender, sha256)
);
INSERT INTO "deliveries" VALUES(1,'alertmanager','9b3716d8c842e6177802a88f2638d083912c52daa56c1bd9c0625e261ff1853d',10,10,1,NULL,X'7B227265636569766572223A226F77222C22737461747573223A22666972696E67222C22616C65727473223A5B7B22737461747573223A22666972696E67222C226C6162656C73223A7B22616C6572746E616D65223A22417574684572726F725261746548696768222C2273657276696365223A2261757468222C227365766572697479223A2270616765227D2C22616E6E6F746174696F6E73223A7B2273756D6D617279223A2241757468206572726F72732034332E323525227D2C227374617274734174223A22323032362D31312D32305431373A33373A32312E3132375A222C22656E64734174223A22303030312D30312D30315430303A30303A30305A222C2267656E657261746F7255524C223A22687474703A2F2F766D3A393931342F67726170683F67302E657870723D73756D2B62792B253238736572766963652532392B25323872617465253238617574685F72657175657374735F746F74616C253742726573756C742533442532326661696C75726525323225374425354235732535442532392532392B2532462B73756D2B62792B253238736572766963652532392B25323872617465253238617574685F72657175657374735F746F74616C25354235732535442532392532392B2533452B302E315C753030323667302E7461623D31222C2266696E6765727072696E74223A2234376535383566653339633064303537227D5D2C2267726F75704C6162656C73223A7B22616C6572746E616D65223A22417574684572726F725261746548696768222C2273657276696365223A2261757468227D2C22636F6D6D6F6E4C6162656C73223A7B22616C6572746E616D65223A22417574684572726F725261746548696768222C2273657276696365223A2261757468222C227365766572697479223A2270616765227D2C22636F6D6D6F6E416E6E6F746174696F6E73223A7B2273756D6D617279223A2241757468206572726F72732034332E323525227D2C2265787465726E616C55524C223A22687474703A2F2F766D3A39393133222C2276657273696F6E223A2234222C2267726F75704B6579223A227B7D3A7B616C6572746E616D653D5C22417574684572726F7252617465486967685C222C20736572766963653D5C22617574685C227D222C227472756E6361746564416C65727473223A307D0A');
INSERT INTO "deliveries" VALUES(2,'alertmanager','5743abddddfa08c1e3a99fdebc2e8f3f1108fa12dcd2a8f58a42f141418c22ec',11,11,1,'body: expected JSON',X'706F69736F6E');
CREATE TABLE events (
	id INTEGER NOT NULL, 
	identity TEXT NOT NULL, 
	time BIGINT NOT NULL, 
	type TEXT NOT NULL, 
	service TEXT NOT NULL, 
	text TEXT NOT NULL, 
	team TEXT NOT NULL, 
	received_at BIGINT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (identity)
);
INSERT INTO "events" VALUES(1,'sha256:2cbbb787638b7d07ab1c37ae125e63b182323fd783c5bb2b6cc0444bd133cc9b',1705941000000000000,'change','auth','rollback','',12);
CREATE TABLE incidents (
	id TEXT NOT NULL, 
	service TEXT NOT NULL, 
	state TEXT NOT NULL, 
	start BIGINT NOT NULL, 
	"end" BIGINT, 
	has_window BOOLEAN NOT NULL, 
	alerted BOOLEAN NOT NULL, 
	opened_at BIGINT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	closed_at BIGINT, 
	merged_into TEXT, 
	merged_by TEXT, 
	dismissed BOOLEAN DEFAULT '0' NOT NULL, 
	revision INTEGER NOT NULL, 
	moved TEXT NOT NULL, 
	facts TEXT NOT NULL, 
	document TEXT NOT NULL, 
	record BLOB, 
	draft TEXT, 
	chart BLOB, 
	PRIMARY KEY (id)
);
INSERT INTO "incidents" VALUES('a','auth','closed',1,2,1,0,1,2,2,NULL,NULL,0,1,'','{}','{"a": 1}',NULL,'as it closed',NULL);
INSERT INTO "incidents" VALUES('b','auth','ongoing',1,2,1,0,1,2,NULL,NULL,NULL,0,1,'','{}','{"a": 1}',NULL,'as it went',NULL);
INSERT INTO "incidents" VALUES('c','auth','closed',1,2,1,0,1,3,2,'a','data',0,1,'','{}','{"a": 1}',NULL,'as it closed',NULL);
CREATE TABLE leads (
	slot INTEGER NOT NULL, 
	term BIGINT NOT NULL, 
	holder TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	PRIMARY KEY (slot)
);
CREATE TABLE maintenance (
	id TEXT NOT NULL, 
	service TEXT NOT NULL, 
	start BIGINT NOT NULL, 
	"end" BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	declared_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('user_key/1','892f115eb4d320516a3f47a82729c8d4');
INSERT INTO "meta" VALUES('user_key','3');
INSERT INTO "meta" VALUES('user_key/2','e3ecc449d9a078932c578c47616c0ecd');
INSERT INTO "meta" VALUES('user_key/3','0172fb6b8c7377bf0447cc03954f6359');
CREATE TABLE muted_alerts (
	fingerprint TEXT NOT NULL, 
	starts_at BIGINT NOT NULL, 
	how TEXT NOT NULL, 
	service TEXT, 
	labels TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	first_seen BIGINT NOT NULL, 
	last_seen BIGINT NOT NULL, 
	PRIMARY KEY (fingerprint, starts_at, how)
);
CREATE TABLE progress (
	service TEXT NOT NULL, 
	covered_to BIGINT, 
	source TEXT NOT NULL, 
	PRIMARY KEY (service)
);
CREATE TABLE publications (
	incident_id TEXT NOT NULL, 
	target TEXT NOT NULL, 
	reference TEXT NOT NULL, 
	url TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (incident_id, target)
);
CREATE TABLE publishing (
	incident_id TEXT NOT NULL, 
	target TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	until BIGINT NOT NULL, 
	PRIMARY KEY (incident_id, target)
);
CREATE TABLE revisions (
	incident_id TEXT NOT NULL, 
	revision INTEGER NOT NULL, 
	made_at BIGINT NOT NULL, 
	moved TEXT NOT NULL, 
	document TEXT NOT NULL, 
	draft TEXT, 
	chart BLOB, 
	PRIMARY KEY (incident_id, revision)
);
INSERT INTO "revisions" VALUES('a',1,2,'','{"a": 1}','as it closed',NULL);
INSERT INTO "revisions" VALUES('c',1,2,'','{"a": 1}','as it closed',NULL);
CREATE TABLE sample_arrivals (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	service TEXT NOT NULL, 
	first BIGINT NOT NULL, 
	size INTEGER NOT NULL, 
	data BLOB NOT NULL
);
CREATE TABLE sample_blocks (
	series_id INTEGER NOT NULL, 
	start BIGINT NOT NULL, 
	last BIGINT NOT NULL, 
	size INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (series_id, start)
);
CREATE TABLE series (
	id INTEGER NOT NULL, 
	service TEXT NOT NULL, 
	role TEXT NOT NULL, 
	labels TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (service, role, labels)
);
CREATE TABLE silences (
	id TEXT NOT NULL, 
	starts_at BIGINT NOT NULL, 
	ends_at BIGINT NOT NULL, 
	matchers TEXT NOT NULL, 
	comment TEXT NOT NULL, 
	planned BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
CREATE TABLE watermarks (
	name TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE INDEX events_by_service ON events (service, time);
CREATE INDEX attempt_blocks_by_hour ON attempt_blocks (service, hour, epoch, size);
CREATE INDEX attempt_bodies_by_age ON attempt_bodies (last);
CREATE INDEX incidents_by_service ON incidents (service, start);
CREATE INDEX corrections_by_incident ON corrections (incident_id);
CREATE INDEX alerts_by_service ON alerts (service, starts_at);
CREATE INDEX alerts_by_reception ON alerts (last_received);
CREATE INDEX deliveries_by_reception ON deliveries (last_received_at);
CREATE INDEX deliveries_in_quarantine ON deliveries (last_received_at) WHERE quarantined IS NOT NULL;
CREATE INDEX events_by_reception ON events (received_at);
CREATE INDEX sample_arrivals_by_service ON sample_arrivals (service, id);
CREATE INDEX backfilled_alerts_by_service ON backfilled_alerts (service, starts_at);
CREATE INDEX maintenance_by_service ON maintenance (service, "end");
CREATE INDEX board_in_order ON board (dismissed, lasting, start);
CREATE INDEX board_by_change ON board (changed_at, start);
CREATE INDEX muted_alerts_by_start ON muted_alerts (starts_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('attempt_blocks',1);
COMMIT;
