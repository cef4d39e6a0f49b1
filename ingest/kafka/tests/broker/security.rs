//! TLS and logins against a broker that insists on them; secrets that stay secret.

use std::path::Path;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kairos_kafka::broker::Secured;
use kairos_kafka::{
    Admin, Error, Layout, Mechanism, Message, Producer, Record, Sasl, Secret, Security, Settings, Tls,
    read_range,
};

fn secured() -> &'static Secured {
    static SECURED: OnceLock<Secured> = OnceLock::new();
    SECURED.get_or_init(|| Secured::start().unwrap())
}

fn file(folder: &Path, content: &str) -> Option<Secret> {
    let path = folder.join("secret");
    std::fs::write(&path, format!("{content}\n")).unwrap();
    Some(Secret::File(path))
}

fn settings(sasl: Sasl) -> Settings {
    let secured = secured();
    let tls = Tls { ca_file: Some(secured.ca_file.clone()), ..Tls::default() };
    Settings {
        brokers: secured.address.clone(),
        security: Security { tls: Some(tls), sasl: Some(sasl) },
        request_timeout_ms: 20_000,
        ..secured.broker.settings("secured")
    }
}

fn round_trip(settings: &Settings) {
    let topic = format!("{}.comments", settings.prefix);
    let layout = Layout { partitions: 1, replication: 1 };
    let admin = Admin::open(settings).unwrap();
    let created = admin.create(&[&topic], &layout);
    if settings.security.sasl.as_ref().unwrap().mechanism == Mechanism::OauthBearer {
        assert!(matches!(created, Err(Error::Setting { field: "security.sasl.mechanism", .. })));
        let open = Settings { security: Security::default(), ..secured().broker.settings("open") };
        Admin::open(&open).unwrap().create(&[&topic], &layout).unwrap();
    } else {
        created.unwrap();
    }
    assert_eq!(admin.held(&topic).unwrap().len(), 1);
    let record = Record::keyed(topic.as_str(), "r", "hidden from the network");
    let at = Producer::open(settings).unwrap().send_blocking(&record).unwrap();
    let read: Vec<_> = read_range(settings, &topic, 0, 0..1).unwrap().map(|read| read.unwrap()).collect();
    assert!(read[0].written_ms.is_some(), "its time comes with it");
    assert_eq!(read, [Message { written_ms: read[0].written_ms, ..record.at(at) }]);
}

#[test]
fn passwords_and_tokens_let_in_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let username = Secured::USER.to_owned();
    let token = None;
    for mechanism in [Mechanism::ScramSha256, Mechanism::ScramSha512, Mechanism::Plain] {
        let password = file(folder.path(), Secured::PASSWORD);
        let sasl = Sasl { mechanism, username: username.clone(), password, token: token.clone() };
        round_trip(&settings(sasl));
    }
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let claims = part(r#"{"sub": "alice", "iat": 1500000000, "exp": 4000000000}"#);
    let token = file(folder.path(), &format!("{}.{claims}.", part(r#"{"alg":"none"}"#)));
    let sasl = Sasl { mechanism: Mechanism::OauthBearer, username: String::new(), password: None, token };
    round_trip(&settings(sasl));
}

#[test]
fn a_wrong_password_is_an_error_that_does_not_show_it() {
    let folder = tempfile::tempdir().unwrap();
    let password = file(folder.path(), "not-alices-secret");
    let sasl =
        Sasl { mechanism: Mechanism::ScramSha512, username: Secured::USER.to_owned(), password, token: None };
    let settings = Settings { request_timeout_ms: 3_000, ..settings(sasl) };
    let error = Admin::open(&settings).unwrap().held("kairos.media").unwrap_err();
    assert!(matches!(error, Error::Broker { .. }), "{error}");
    assert!(error.to_string().contains("uthentication failed"), "{error}");
    for shown in [format!("{error}"), format!("{error:?}"), format!("{settings:?}")] {
        assert!(!shown.contains("not-alices-secret"), "{shown}");
    }
}
