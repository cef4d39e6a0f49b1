//! Secrets come from files and the environment, and are shown nowhere.

use kairos_kafka::{Error, Mechanism, Producer, Sasl, Secret, Security, Settings, Tls};

fn with(mechanism: Mechanism, password: Option<Secret>, token: Option<Secret>) -> Settings {
    let sasl = Sasl { mechanism, username: "alice".to_owned(), password, token };
    let security = Security { tls: Some(Tls::default()), sasl: Some(sasl) };
    Settings { security, ..Settings::default() }
}

fn error(settings: &Settings) -> Error {
    Producer::open(settings).err().expect("can't be opened")
}

#[test]
fn settings_that_are_printed_or_stored_hold_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, "hunter2\n").unwrap();
    let settings = with(Mechanism::ScramSha256, Some(Secret::File(path.clone())), None);
    Producer::open(&settings).unwrap();
    let stored = serde_json::to_string(&settings).unwrap();
    for shown in [format!("{settings:?}"), stored.clone()] {
        assert!(shown.contains("password") && !shown.contains("hunter2"), "{shown}");
    }
    assert_eq!(serde_json::from_str::<Settings>(&stored).unwrap(), settings);

    // A secret that the library can't take is not quoted either.
    std::fs::write(&path, "hunter2\0x").unwrap();
    if let Err(error) = Producer::open(&settings) {
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn a_secret_in_the_environment_is_read_and_its_absence_named() {
    // Cargo sets this one for tests.
    Producer::open(&with(Mechanism::ScramSha512, Some(Secret::Env("CARGO_PKG_NAME".to_owned())), None))
        .unwrap();
    let missing = with(Mechanism::Plain, Some(Secret::Env("KAIROS_NO_SUCH_VARIABLE".to_owned())), None);
    let message = error(&missing).to_string();
    assert!(
        message.contains("security.sasl.password") && message.contains("KAIROS_NO_SUCH_VARIABLE"),
        "{message}"
    );
}

#[test]
fn what_a_mechanism_needs_is_asked_for_by_name() {
    for (settings, field) in [
        (with(Mechanism::ScramSha256, None, None), "security.sasl.password"),
        (with(Mechanism::OauthBearer, None, None), "security.sasl.token"),
    ] {
        let error = error(&settings);
        assert!(matches!(error, Error::Setting { field: named, .. } if named == field), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    let error = error(&with(Mechanism::OauthBearer, None, Some(Secret::File(empty))));
    assert!(matches!(error, Error::Secret { field: "security.sasl.token", .. }), "{error}");
}
