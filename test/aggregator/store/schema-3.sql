-- Written by the program at commit 76c352b (schema 3): two nodes, two changes.
BEGIN TRANSACTION;
CREATE TABLE fact (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, fact INTEGER NOT NULL, subject INTEGER NOT NULL,
    state INTEGER NOT NULL, detail INTEGER, value INTEGER, content BLOB NOT NULL, observed_at INTEGER NOT NULL,
    "from" INTEGER NOT NULL, until INTEGER);
INSERT INTO "fact" VALUES(1,1,1,2,0,NULL,1,X'50C0E0A46AA89D138D240C9D8BE2711A',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(2,1,3,2,0,NULL,2,X'71F029DABC3A35DF33705CC05201533F',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(3,1,4,5,0,NULL,3,X'B91A5C9EB9EF0F4A7B0AFDB24F05B7FE',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(4,1,4,6,0,NULL,4,X'FCE8AE1229E9A4590C4692D0C14AE189',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(5,1,4,7,0,NULL,5,X'217370571060528C371CF96F6EA31D22',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(6,1,4,8,0,NULL,6,X'8DFDCA38C9CC4FF1EAD8A427E81170E0',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(7,1,4,9,0,NULL,7,X'6051653DE1B96ED54C4A596A232392F9',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(8,1,10,11,0,NULL,8,X'CD6953A47B3255F15F161E9F1A2B6518',1772323200000,1772323200000,1772323220000);
INSERT INTO "fact" VALUES(9,1,12,13,0,NULL,9,X'B9716B52E8609CF6AF923DE8A515CC54',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(10,1,14,15,0,NULL,10,X'32687EB62B133E3EC21ED2FA8C4378BF',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(11,1,12,16,0,NULL,11,X'AA8B7CBA1AC1F050BC7AE80E9522F5E4',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(12,1,14,17,0,NULL,12,X'60B6AD197632CE9F39E4EE950D3ED79F',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(13,2,1,2,0,NULL,1,X'50C0E0A46AA89D138D240C9D8BE2711A',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(14,2,3,2,0,NULL,2,X'71F029DABC3A35DF33705CC05201533F',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(15,2,4,5,0,NULL,3,X'B91A5C9EB9EF0F4A7B0AFDB24F05B7FE',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(16,2,4,6,1,NULL,NULL,X'D42163DB305DBCFA63DF378501209DF3',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(17,2,4,7,1,NULL,NULL,X'D42163DB305DBCFA63DF378501209DF3',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(18,2,4,8,1,NULL,NULL,X'D42163DB305DBCFA63DF378501209DF3',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(19,2,4,9,1,NULL,NULL,X'D42163DB305DBCFA63DF378501209DF3',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(20,2,12,13,0,NULL,9,X'B9716B52E8609CF6AF923DE8A515CC54',1772323200000,1772323200000,NULL);
INSERT INTO "fact" VALUES(21,2,14,15,0,NULL,10,X'32687EB62B133E3EC21ED2FA8C4378BF',1772323200000,1772323200000,1772323210000);
INSERT INTO "fact" VALUES(22,2,14,15,0,NULL,17,X'C7AFF2562A53E5DAB056E0140C328346',1772323200000,1772323210000,NULL);
INSERT INTO "fact" VALUES(23,1,10,11,0,NULL,19,X'ACC1729ECB2A1E7C2A52359D78FAE7CE',1772323200000,1772323220000,NULL);
CREATE TABLE fact_value (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, json TEXT NOT NULL);
INSERT INTO "fact_value" VALUES(1,X'33E7804D8397C2859DE05BA63F061D48','{"platform":"kubeadm","because":["test"]}');
INSERT INTO "fact_value" VALUES(2,X'EF1F34837DA0F4FB3BDDA008F87BC8C1','{"version":"0.1.0","capabilities":[]}');
INSERT INTO "fact_value" VALUES(3,X'5E03A25C704E9BEE3C84EFBE20FBEE68','{"instances":["kubelet@here"],"manifests":[]}');
INSERT INTO "fact_value" VALUES(4,X'37861B480599BFB17EA1C0E76FF78786','{"instances":["kube-apiserver@here"],"manifests":["/etc/kubernetes/manifests/kube-apiserver.yaml"]}');
INSERT INTO "fact_value" VALUES(5,X'0D6819A3E9FD009D7C3520E776A4B7A5','{"instances":["kube-controller-manager@here"],"manifests":["/etc/kubernetes/manifests/kube-controller-manager.yaml"]}');
INSERT INTO "fact_value" VALUES(6,X'349723B74C4F78FB4287CBD97D2DDBC9','{"instances":["kube-scheduler@here"],"manifests":["/etc/kubernetes/manifests/kube-scheduler.yaml"]}');
INSERT INTO "fact_value" VALUES(7,X'DEBA50FBB611882F8F6BD6F2B1E3AD49','{"instances":["etcd@here"],"manifests":["/etc/kubernetes/manifests/etcd.yaml"]}');
INSERT INTO "fact_value" VALUES(8,X'4E2B23CF72FF8D6DDCB9A9D42D0CB25E','{"component":"kube-apiserver","argv":["kube-apiserver","--profiling=true"],"uid":0,"gid":0,"cgroup":"/","runsAs":{"kind":"static-pod","name":"/etc/kubernetes/manifests/kube-apiserver.yaml"},"exe":null,"cwd":null,"environment":{},"environmentFrom":"manifest"}');
INSERT INTO "fact_value" VALUES(9,X'34BD80F3501BC22FF84C00B1143291B7','{"paths":["/var/lib/kubelet/config.yaml"],"sought":["/var/lib/kubelet/config.yaml"],"truncated":false}');
INSERT INTO "fact_value" VALUES(10,X'A7691A9308AB3126F3D06A1EAE90551A','{"type":"file","mode":"0600","uid":0,"gid":0,"owner":"root","group":"root"}');
INSERT INTO "fact_value" VALUES(11,X'CD3D7245A6113038874E4CC39939D2F6','{"paths":["/var/lib/etcd"],"sought":["/var/lib/etcd"],"truncated":false}');
INSERT INTO "fact_value" VALUES(12,X'9841FA4CDB54FDD59F5C4D89A1CA0C2E','{"type":"file","mode":"0700","uid":0,"gid":0,"owner":"root","group":"root"}');
INSERT INTO "fact_value" VALUES(13,X'D87850FF05C894C1CCBD19607670E330','[{"fact":"setting profiling","subject":"kube-apiserver@here","actual":true,"expected":"false","origin":{"kind":"flag","key":"profiling"},"holds":false}]');
INSERT INTO "fact_value" VALUES(14,X'92C8FB7765D4F84264DC17F0D2444E1C','[{"fact":"file","subject":"/var/lib/etcd","actual":"0700","expected":"mode 700 or stricter","origin":{"kind":"stat","path":"/var/lib/etcd"},"holds":true}]');
INSERT INTO "fact_value" VALUES(15,X'802D8D55960CC032DB7C72BC3426373A','[{"fact":"file","subject":"/var/lib/kubelet/config.yaml","actual":"0600","expected":"mode 600 or stricter","origin":{"kind":"stat","path":"/var/lib/kubelet/config.yaml"},"holds":true}]');
INSERT INTO "fact_value" VALUES(16,X'4F53CDA18C2BAA0C0354BB5F9A3ECBE5','[]');
INSERT INTO "fact_value" VALUES(17,X'6B9DA36B089EC008A739340A36C142B1','{"type":"file","mode":"0644","uid":0,"gid":0,"owner":"root","group":"root"}');
INSERT INTO "fact_value" VALUES(18,X'BDD69C7908EEF061424B00B00924B9EC','[{"fact":"file","subject":"/var/lib/kubelet/config.yaml","actual":"0644","expected":"mode 600 or stricter","origin":{"kind":"stat","path":"/var/lib/kubelet/config.yaml"},"holds":false}]');
INSERT INTO "fact_value" VALUES(19,X'9C5079EEE47928A474442644DAA1B33E','{"component":"kube-apiserver","argv":["kube-apiserver","--profiling=false"],"uid":0,"gid":0,"cgroup":"/","runsAs":{"kind":"static-pod","name":"/etc/kubernetes/manifests/kube-apiserver.yaml"},"exe":null,"cwd":null,"environment":{},"environmentFrom":"manifest"}');
INSERT INTO "fact_value" VALUES(20,X'FC3B5B9E97806504D216E91443355CFD','[{"fact":"setting profiling","subject":"kube-apiserver@here","actual":false,"expected":"false","origin":{"kind":"flag","key":"profiling"},"holds":true}]');
CREATE TABLE known (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
INSERT INTO "kysely_migration" VALUES('0001-intervals','2026-11-24T23:34:58.049Z');
INSERT INTO "kysely_migration" VALUES('0002-node-quota','2026-11-24T23:34:58.050Z');
INSERT INTO "kysely_migration" VALUES('0003-comparison','2026-11-24T23:34:58.063Z');
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
INSERT INTO "kysely_migration_lock" VALUES('migration_lock',0);
CREATE TABLE line (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, benchmark TEXT NOT NULL, match TEXT NOT NULL, number TEXT NOT NULL,
    control TEXT NOT NULL, title TEXT NOT NULL, severity TEXT NOT NULL, level TEXT NOT NULL, by TEXT NOT NULL,
    remedy TEXT NOT NULL, note TEXT, sort TEXT NOT NULL, ruleset TEXT NOT NULL DEFAULT '');
INSERT INTO "line" VALUES(1,X'67551EB56C13BC0CB2B6516E689EE695','cis/kubernetes-2.0','exact','1.2.9','apiserver-profiling','Profiling of the API server','high','1','automated','Nothing needs to be mended, this is a test.',NULL,'cis/kubernetes-2.0 0001.0002.0009','8c6be7e7c1e1110a');
INSERT INTO "line" VALUES(2,X'E8FCE883922FF8155BB152BD9CC66687','cis/kubernetes-2.0','exact','2.1','etcd-guard','Guard of the etcd store','high','1','automated','Nothing needs to be mended, this is a test.',NULL,'cis/kubernetes-2.0 0002.0001','68d49ffdd33c66cd');
INSERT INTO "line" VALUES(3,X'17CE35DECA417B52B923B3E9024A18DA','cis/kubernetes-2.0','exact','4.1.1','kubelet-mode','Mode of the kubelet file','high','2','automated','Nothing needs to be mended, this is a test.',NULL,'cis/kubernetes-2.0 0004.0001.0001','4145ac20c7d6a175');
INSERT INTO "line" VALUES(4,X'C8E4BD2048B5A28B4D30477475EAED14','cis/kubernetes-2.0','exact','5.1.1','policy-people','People and policies','high','1','manual','Nothing needs to be mended, this is a test.',NULL,'cis/kubernetes-2.0 0005.0001.0001','674c63761fe58c6e');
CREATE TABLE node (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, uid TEXT, kubelet_version TEXT, provider_id TEXT, os TEXT,
    roles TEXT NOT NULL DEFAULT '[]', labels TEXT NOT NULL DEFAULT '[]', platform TEXT, documents TEXT,
    listed INTEGER NOT NULL DEFAULT 0, first_seen INTEGER NOT NULL, last_received INTEGER,
    epoch TEXT, sequence TEXT, digest TEXT, agent_version TEXT, deleted_at INTEGER, stored_bytes INTEGER NOT NULL DEFAULT 0);
INSERT INTO "node" VALUES(1,'one',NULL,NULL,NULL,NULL,'["control-plane","etcd","node"]','[]','kubeadm','{"controlPlane":{"benchmark":"cis/kubernetes-2.0","match":"exact"},"node":{"benchmark":"cis/kubernetes-2.0","match":"exact"},"manifestVersion":null}',0,1772323200000,1772323220000,'1','2','3bf893cce802bbfbaa58c69ffc2cd5243350b5bdfa798831feaff83549571613','0.1.0',NULL,0);
INSERT INTO "node" VALUES(2,'two',NULL,NULL,NULL,NULL,'["node"]','[]','kubeadm','{"controlPlane":{"benchmark":"cis/kubernetes-2.0","match":"exact"},"node":{"benchmark":"cis/kubernetes-2.0","match":"exact"},"manifestVersion":null}',0,1772323200000,1772323210000,'1','2','af92e1ebf8c65c3d252b02e51feac5b6bb8b7bcb634dcbed9e827e709467fd46','0.1.0',NULL,0);
CREATE TABLE program (version TEXT NOT NULL, "from" INTEGER NOT NULL);
INSERT INTO "program" VALUES('0.1.0',1772323200000);
CREATE TABLE text (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
INSERT INTO "text" VALUES(1,'node.platform');
INSERT INTO "text" VALUES(2,'node');
INSERT INTO "text" VALUES(3,'node.agent');
INSERT INTO "text" VALUES(4,'component');
INSERT INTO "text" VALUES(5,'kubelet');
INSERT INTO "text" VALUES(6,'kube-apiserver');
INSERT INTO "text" VALUES(7,'kube-controller-manager');
INSERT INTO "text" VALUES(8,'kube-scheduler');
INSERT INTO "text" VALUES(9,'etcd');
INSERT INTO "text" VALUES(10,'process');
INSERT INTO "text" VALUES(11,'kube-apiserver@here');
INSERT INTO "text" VALUES(12,'files');
INSERT INTO "text" VALUES(13,'kubelet.config');
INSERT INTO "text" VALUES(14,'file');
INSERT INTO "text" VALUES(15,'/var/lib/kubelet/config.yaml');
INSERT INTO "text" VALUES(16,'etcd.data-dir');
INSERT INTO "text" VALUES(17,'/var/lib/etcd');
INSERT INTO "text" VALUES(18,'not-as-expected');
INSERT INTO "text" VALUES(19,'profiling is true (flag --profiling), expected false');
INSERT INTO "text" VALUES(20,'etcd@here');
INSERT INTO "text" VALUES(21,'as-expected');
INSERT INTO "text" VALUES(22,'/var/lib/etcd is 0700 (stat of /var/lib/etcd), expected mode 700 or stricter');
INSERT INTO "text" VALUES(23,'kubelet@here');
INSERT INTO "text" VALUES(24,'/var/lib/kubelet/config.yaml is 0600 (stat of /var/lib/kubelet/config.yaml), expected mode 600 or stricter');
INSERT INTO "text" VALUES(25,'role');
INSERT INTO "text" VALUES(26,'This node runs no kube-apiserver.');
INSERT INTO "text" VALUES(27,'This node runs no etcd.');
INSERT INTO "text" VALUES(28,'cluster');
INSERT INTO "text" VALUES(29,'no-check');
INSERT INTO "text" VALUES(30,'Nobody has written a check for this control yet.');
INSERT INTO "text" VALUES(31,'/var/lib/kubelet/config.yaml is 0644 (stat of /var/lib/kubelet/config.yaml), expected mode 600 or stricter');
INSERT INTO "text" VALUES(32,'profiling is false (flag --profiling), expected false');
CREATE TABLE verdict (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, line INTEGER NOT NULL, subject INTEGER NOT NULL, kind INTEGER,
    namespace INTEGER, status INTEGER NOT NULL, reason INTEGER NOT NULL, message INTEGER NOT NULL, evidence INTEGER NOT NULL,
    valid_until INTEGER, "from" INTEGER NOT NULL, until INTEGER);
INSERT INTO "verdict" VALUES(1,1,1,11,NULL,NULL,1,18,19,13,NULL,1772323200000,1772323220000);
INSERT INTO "verdict" VALUES(2,1,2,20,NULL,NULL,0,21,22,14,NULL,1772323200000,NULL);
INSERT INTO "verdict" VALUES(3,1,3,23,NULL,NULL,0,21,24,15,NULL,1772323200000,NULL);
INSERT INTO "verdict" VALUES(4,2,1,6,NULL,NULL,4,25,26,16,NULL,1772323200000,NULL);
INSERT INTO "verdict" VALUES(5,2,2,9,NULL,NULL,4,25,27,16,NULL,1772323200000,NULL);
INSERT INTO "verdict" VALUES(6,2,3,23,NULL,NULL,0,21,24,15,NULL,1772323200000,1772323210000);
INSERT INTO "verdict" VALUES(7,0,4,28,28,NULL,3,29,30,16,NULL,1772323200000,NULL);
INSERT INTO "verdict" VALUES(8,2,3,23,NULL,NULL,1,18,31,18,NULL,1772323210000,NULL);
INSERT INTO "verdict" VALUES(9,1,1,11,NULL,NULL,0,21,32,20,NULL,1772323220000,NULL);
CREATE UNIQUE INDEX fact_open ON fact (node, fact, subject) WHERE until IS NULL;
CREATE INDEX fact_time ON fact (node, "from");
CREATE INDEX verdict_page ON verdict (line, node, subject, "from");
CREATE INDEX verdict_namespace ON verdict (namespace, line, subject) WHERE namespace IS NOT NULL;
CREATE INDEX verdict_kind ON verdict (kind, line, subject) WHERE kind IS NOT NULL;
CREATE UNIQUE INDEX verdict_open ON verdict (node, line, subject) WHERE until IS NULL;
CREATE INDEX verdict_count ON verdict (line, status) WHERE until IS NULL;
CREATE INDEX verdict_expiry ON verdict (valid_until) WHERE until IS NULL AND valid_until IS NOT NULL;
CREATE INDEX verdict_node ON verdict (node, "from");
CREATE INDEX verdict_began ON verdict ("from", until, line, status);
CREATE INDEX verdict_ended ON verdict (until, "from", line, status) WHERE until IS NOT NULL;
COMMIT;
PRAGMA user_version = 3;
