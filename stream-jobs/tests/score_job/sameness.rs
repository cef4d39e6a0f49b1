//! Live equals replay; every offset is accounted for.

use crate::bench::{Place, held, poison, rooms};
use kairos_kafka::broker::Broker;

#[test]
fn live_equals_replay_and_every_offset_is_accounted_for() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("score-same", 2).unwrap();
    let (_folder, rooms) = rooms(2, &["--minutes", "1"]);
    let live = Place::new(&settings, None);
    live.send(&rooms[..1], &[]);
    poison(&settings);
    let said = live.run("score", &["--until-end"]);
    assert!(said.contains(" 4 dead letters"), "{said}");
    // The second room while the job was away, and a second poison.
    live.send(&rooms[1..], &[]);
    poison(&settings);
    live.run("score", &["--until-end"]);

    let past = Place::new(&settings, None);
    let said = past.run("replay", &["--from-kafka"]);
    assert!(said.contains("2 streams"), "{said}");
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
}
