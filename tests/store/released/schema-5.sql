-- A database as schema version 5 left it.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO alembic_version VALUES('5');
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
INSERT INTO alerts VALUES(1,'alertmanager','47e585fe39c0d057',1795196241127000000,NULL,'{"alertname": "AuthErrorRateHigh", "service": "auth", "severity": "page"}','{"summary": "Auth errors 43.25%"}','http://vm:9914/graph?g0.expr=sum+by+%28service%29+%28rate%28auth_requests_total%7Bresult%3D%22failure%22%7D%5B5s%5D%29%29+%2F+sum+by+%28service%29+%28rate%28auth_requests_total%5B5s%5D%29%29+%3E+0.1&g0.tab=1',10,10,1,0,NULL);
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
INSERT INTO attempt_blocks VALUES(1,1,'auth',473872,1,'[""]',NULL,X'800f00000078016b90636464d83f0100065201f0000000000062193e751f6a');
CREATE TABLE attempt_bodies (
	sha256 BLOB NOT NULL, 
	last BIGINT NOT NULL, 
	PRIMARY KEY (sha256)
)
 WITHOUT ROWID

;
INSERT INTO attempt_bodies VALUES(X'abababababababababababababababababababababababababababababababab',1705941000000000000);
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
CREATE TABLE corrections (
	id INTEGER NOT NULL, 
	incident_id TEXT NOT NULL, 
	field TEXT NOT NULL, 
	value TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (id)
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
INSERT INTO deliveries VALUES(1,'alertmanager','9b3716d8c842e6177802a88f2638d083912c52daa56c1bd9c0625e261ff1853d',10,10,1,NULL,X'7b227265636569766572223a226f77222c22737461747573223a22666972696e67222c22616c65727473223a5b7b22737461747573223a22666972696e67222c226c6162656c73223a7b22616c6572746e616d65223a22417574684572726f725261746548696768222c2273657276696365223a2261757468222c227365766572697479223a2270616765227d2c22616e6e6f746174696f6e73223a7b2273756d6d617279223a2241757468206572726f72732034332e323525227d2c227374617274734174223a22323032362d31312d32305431373a33373a32312e3132375a222c22656e64734174223a22303030312d30312d30315430303a30303a30305a222c2267656e657261746f7255524c223a22687474703a2f2f766d3a393931342f67726170683f67302e657870723d73756d2b62792b253238736572766963652532392b25323872617465253238617574685f72657175657374735f746f74616c253742726573756c742533442532326661696c75726525323225374425354235732535442532392532392b2532462b73756d2b62792b253238736572766963652532392b25323872617465253238617574685f72657175657374735f746f74616c25354235732535442532392532392b2533452b302e315c753030323667302e7461623d31222c2266696e6765727072696e74223a2234376535383566653339633064303537227d5d2c2267726f75704c6162656c73223a7b22616c6572746e616d65223a22417574684572726f725261746548696768222c2273657276696365223a2261757468227d2c22636f6d6d6f6e4c6162656c73223a7b22616c6572746e616d65223a22417574684572726f725261746548696768222c2273657276696365223a2261757468222c227365766572697479223a2270616765227d2c22636f6d6d6f6e416e6e6f746174696f6e73223a7b2273756d6d617279223a2241757468206572726f72732034332e323525227d2c2265787465726e616c55524c223a22687474703a2f2f766d3a39393133222c2276657273696f6e223a2234222c2267726f75704b6579223a227b7d3a7b616c6572746e616d653d5c22417574684572726f7252617465486967685c222c20736572766963653d5c22617574685c227d222c227472756e6361746564416c65727473223a307d0a');
INSERT INTO deliveries VALUES(2,'alertmanager','5743abddddfa08c1e3a99fdebc2e8f3f1108fa12dcd2a8f58a42f141418c22ec',11,11,1,'body: expected JSON',X'706f69736f6e');
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
INSERT INTO events VALUES(1,'sha256:2cbbb787638b7d07ab1c37ae125e63b182323fd783c5bb2b6cc0444bd133cc9b',1705941000000000000,'change','auth','rollback','',12);
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
INSERT INTO incidents VALUES('a','auth','closed',1,2,1,0,1,2,2,NULL,NULL,0,1,'','{}','{"a": 1}',NULL,'as it closed',NULL);
INSERT INTO incidents VALUES('b','auth','ongoing',1,2,1,0,1,2,NULL,NULL,NULL,0,1,'','{}','{"a": 1}',NULL,'as it went',NULL);
INSERT INTO incidents VALUES('c','auth','closed',1,2,1,0,1,3,2,'a','data',0,1,'','{}','{"a": 1}',NULL,'as it closed',NULL);
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
INSERT INTO meta VALUES('user_key/1','892f115eb4d320516a3f47a82729c8d4');
INSERT INTO meta VALUES('user_key','3');
INSERT INTO meta VALUES('user_key/2','e3ecc449d9a078932c578c47616c0ecd');
INSERT INTO meta VALUES('user_key/3','0172fb6b8c7377bf0447cc03954f6359');
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
INSERT INTO revisions VALUES('a',1,2,'','{"a": 1}','as it closed',NULL);
INSERT INTO revisions VALUES('c',1,2,'','{"a": 1}','as it closed',NULL);
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
INSERT INTO board VALUES('a','auth','closed','',1,2,0,0,'',0,'{"alerts": 0, "first_alert": null}',2);
INSERT INTO board VALUES('b','auth','ongoing','',1,2,1,0,'',0,'{"alerts": 0, "first_alert": null}',2);
CREATE TABLE cells (
	incident_id TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	PRIMARY KEY (incident_id)
);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('attempt_blocks',1);
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
COMMIT;
