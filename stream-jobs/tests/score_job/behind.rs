//! A worker that is behind and is to leave out what it can't score in time.

use kairos_kafka::Topic;
use kairos_kafka::broker::Broker;

use crate::bench::{free_port, held, wait_for};
use crate::senders::{listener, moment};
use crate::studio::{Studio, accounted, events};

#[test]
fn a_worker_that_is_behind_skips_segments_says_so_and_catches_up() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("behind", 1).unwrap();
    let (show, port) = (moment(30), free_port());
    let skipping = "behind = \"skip\"\nskip_after_s = 2\n";
    let (mut studio, lines) = Studio::without_jobs(&settings, &listener(port), skipping);
    wait_for("the listener", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let mut sender = show.push(&["-f", "flv", &format!("rtmp://127.0.0.1:{port}/live/behind")]);
    let viewers = show.viewers(&["behind"], lines);
    // Nobody scores yet.
    wait_for("some media", || events(&settings, Topic::Media) >= 9);
    studio.start_jobs();
    wait_for("the end of the file", || sender.has_ended());
    drop(viewers);
    studio.stop_capture();
    let closed = "SELECT count() FROM streams WHERE duration_us > 0";
    wait_for("the end of the stream", || studio.live.number(closed) == 1);
    wait_for("the whole of the topics", || accounted(&studio.live) == held(&settings));
    studio.stop_jobs();
    let live = &studio.live;
    let skipped = "SELECT sum(last_offset - first_offset + 1) FROM ledger WHERE outcome = 'skipped' AND reason = 'too far behind'";
    let skipped = live.number(skipped);
    // How soon it has caught up depends on the machine; the first that are left are too old on any.
    assert!((5..30).contains(&skipped), "{skipped} of thirty segments");
    assert_eq!(live.number("SELECT max(drops) FROM room_state"), skipped, "counted for the room as well");
    let without =
        "countIf(has(missing, 'picture') AND has(missing, 'sound') AND NOT has(missing, 'comment'))";
    assert!(
        live.number(&format!("SELECT {without} FROM frame_scores")) >= 1,
        "what people wrote is scored all the same"
    );
    let units = "SELECT uniqExact(media_us) FROM frame_scores WHERE media_us < 30000000";
    assert_eq!(live.number(units), 15, "every unit has a score");
}
