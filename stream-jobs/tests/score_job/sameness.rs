//! Live equals replay; every offset is accounted for.

use crate::bench::{Place, held, poison, rooms};
use kairos_kafka::broker::Broker;

#[test]
fn live_equals_replay_and_every_offset_is_accounted_for() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("score-same", 2).unwrap();
    let (_folder, rooms) = rooms(2, &["--minutes", "1"]);
    let live = Place::new(&settings, None).with_networks();
    live.send(&rooms[..1], &[]);
    poison(&settings);
    let said = live.run("score", &["--until-end"]);
    assert!(said.contains(" 4 dead letters"), "{said}");
    // The second room while the job was away, and a second poison.
    live.send(&rooms[1..], &[]);
    poison(&settings);
    live.run("score", &["--until-end"]);

    let past = Place::new(&settings, None).with_networks();
    let said = past.run("replay", &["--from-kafka"]);
    assert!(said.contains("2 streams"), "{said}");
    assert!(live.number("SELECT count() FROM unit_vectors") > 58, "pictures and comments of every unit");
    assert_eq!(live.digest(), past.digest(), "{}", live.differs(&past));
    assert!(said.contains(live.digest().lines().last().unwrap()), "{said}");

    let accounted = live.number("SELECT sum(last_offset - first_offset + 1) FROM ledger");
    assert_eq!(accounted, held(&settings), "{}", live.ask("SELECT * FROM ledger ORDER BY ALL"));
    assert_eq!(
        live.number("SELECT sum(last_offset - first_offset + 1) FROM ledger WHERE outcome = 'dead'"),
        8
    );
    let units = live.number("SELECT count() FROM frame_scores WHERE final");
    assert!(units >= 58, "{units} final scores of two minutes in units of two seconds");
    let names = settings.names().unwrap();
    let admin = kairos_kafka::Admin::open(&settings).unwrap();
    let events = |topic| -> i64 {
        admin.held(&names.of(topic)).unwrap().iter().map(|part| part.high - part.low).sum()
    };
    let revisions = live.number("SELECT count() FROM frame_scores_rows");
    assert!(events(kairos_kafka::Topic::Scores) >= revisions);
    let dead: Vec<_> = kairos_kafka::read_dead_letters(&settings).unwrap().map(Result::unwrap).collect();
    assert_eq!(dead.len(), 8);
    assert!(dead.iter().all(|letter| letter.message.value.as_deref() == Some(b"no message".as_slice())));

    // Clips of the highlights, from the topics alone, and said on them.
    let highlights = live.number("SELECT count() FROM highlights WHERE state = 'final'");
    assert!(highlights > 0, "the rooms have moments");
    live.run("clip", &["--until-end"]);
    let cut = live.ask("SELECT clip, thumbnail FROM highlights WHERE state = 'final' AND clip != ''");
    assert_eq!(cut.lines().count() as i64, highlights);
    for line in cut.lines() {
        for file in line.split('\t') {
            let bytes = std::fs::metadata(live.out().join("clips").join(file)).unwrap().len();
            assert!(bytes > 1_000, "{file}: {bytes} bytes");
        }
    }
    let before = live.ask("SELECT * FROM clips ORDER BY ALL");
    let said = live.run("clip", &["--until-end"]);
    assert!(said.starts_with("0 highlights, 0 clips"), "{said}");
    assert_eq!(live.ask("SELECT * FROM clips ORDER BY ALL"), before);

    let listed = live.command(&["dead-letters", "list", "--json"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let letters: Vec<serde_json::Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(letters.len(), 8);
    let place = letters[0]["place"].as_str().unwrap();
    let shown = live.command(&["dead-letters", "show", place]).output().unwrap();
    assert_eq!(shown.stdout, b"no message");
    let had = held(&settings);
    let retried = live.command(&["dead-letters", "retry", place]).output().unwrap();
    assert!(retried.status.success(), "{retried:?}");
    assert_eq!(held(&settings), had + 1, "it is on its topic again");
}
