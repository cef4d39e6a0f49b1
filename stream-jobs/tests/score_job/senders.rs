//! Senders and what goes wrong with them, from their first byte to rows, events and predictions.

use std::path::Path;
use std::time::Duration;

use kairos_kafka::Topic;
use kairos_kafka::broker::Broker;

use crate::bench::{free_port, rooms, wait_for};
use crate::show::{Sender, Show};
use crate::studio::{Studio, ends, events};
use crate::web::serve_files;

/// A stretch with a moment: a highlight is known before it is over.
pub fn moment(seconds: u32) -> Show {
    let (_folder, rooms) = rooms(1, &["--minutes", "1"]);
    Show::cut(&rooms[0], 13, seconds)
}

/// An open listener of a rooms file.
pub fn listener(port: u16) -> String {
    format!("[[listener]]\nsource = \"rtmp-listen://127.0.0.1:{port}/live\"\n")
}

fn room(id: &str, source: &str) -> String {
    format!("[[room]]\nid = {id:?}\nsource = {source:?}\n")
}

/// A live playlist of `file` in `folder`, written as the file goes on.
fn playlist(file: &Path, folder: &Path) -> Sender {
    let list = folder.join("live.m3u8");
    let hls = ["-f", "hls", "-hls_time", "1", "-hls_list_size", "8", "-hls_flags", "program_date_time"];
    let sender = Sender::of(file, &[&hls[..], &[list.to_str().unwrap()]].concat());
    let listed = || std::fs::read_to_string(&list).is_ok_and(|text| text.matches("#EXTINF").count() >= 2);
    wait_for("a playlist", listed);
    sender
}

#[test]
fn scores_highlights_and_predictions_come_while_rtmp_srt_and_hls_senders_still_push() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("senders", 2).unwrap();
    let (show, site) = (moment(40), tempfile::tempdir().unwrap());
    let (rtmp, srt) = (free_port(), free_port());
    let mut senders = vec![playlist(&show.media(), site.path())];
    let hls = format!("{}/live.m3u8", serve_files(site.path().to_owned()));
    let sources = listener(rtmp)
        + &room("by-srt", &format!("srt://127.0.0.1:{srt}?mode=listener"))
        + &room("by-hls", &hls);
    let (mut studio, lines) = Studio::open(&settings, &sources);
    wait_for("the listener", || std::net::TcpStream::connect(("127.0.0.1", rtmp)).is_ok());
    let rooms = ["by-rtmp", "by-srt", "by-hls"];
    senders.push(show.push(&["-f", "flv", &format!("rtmp://127.0.0.1:{rtmp}/live/by-rtmp")]));
    senders.push(show.push(&["-f", "mpegts", &format!("srt://127.0.0.1:{srt}?pkt_size=1316")]));
    let viewers = show.viewers(&rooms, lines);
    for view in ["frame_scores", "gift_predictions", "highlights"] {
        let query = format!("SELECT uniqExact(room) FROM {view}");
        wait_for(&format!("{view} of all rooms"), || studio.live.number(&query) == rooms.len() as i64);
        for topic in [Topic::Scores, Topic::GiftPredictions, Topic::Highlights] {
            if view == "highlights" {
                assert!(events(&settings, topic) >= rooms.len() as i64, "{topic:?}");
            }
        }
    }
    assert!(!senders.iter_mut().any(Sender::has_ended), "while they still send");
    drop((senders, viewers));
    studio.settle();
}

#[test]
fn a_sender_that_stalls_and_goes_on_costs_no_unit() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("stall", 1).unwrap();
    let (show, port) = (moment(10), free_port());
    let (mut studio, lines) = Studio::open(&settings, &listener(port));
    wait_for("the listener", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let mut sender = show.push(&["-f", "flv", &format!("rtmp://127.0.0.1:{port}/live/stalls")]);
    let viewers = show.viewers(&["stalls"], lines);
    studio.wait_for_scores("stalls");
    sender.stall(Duration::from_secs(4));
    wait_for("the end of the file", || sender.has_ended());
    drop(viewers);
    studio.settle();
    let live = &studio.live;
    assert_eq!(live.number("SELECT count() FROM streams"), 1, "it is one stream");
    assert_eq!(live.number("SELECT sum(drops) FROM room_state"), 0);
    let seen = "SELECT countIf(NOT has(missing, 'picture')) FROM frame_scores";
    assert_eq!(live.number(seen), 5, "of ten seconds");
}

/// Every twentieth byte or so of the pictures of two seconds is another one.
const NOISE: [&str; 2] = ["-bsf:v", "noise=amount='if(between(n,60,83),20,0)'"];

#[test]
fn garbage_in_the_pictures_costs_what_it_overwrote_and_nothing_else() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("garbage", 1).unwrap();
    let (show, port) = (moment(14), free_port());
    let (mut studio, lines) = Studio::open(&settings, &listener(port));
    wait_for("the listener", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let target = format!("rtmp://127.0.0.1:{port}/live/noisy");
    let mut sender = show.push(&[&NOISE[..], &["-f", "flv", &target]].concat());
    let viewers = show.viewers(&["noisy"], lines);
    wait_for("the end of the file", || sender.has_ended());
    drop(viewers);
    studio.settle();
    let live = &studio.live;
    assert_eq!(live.number("SELECT count() FROM streams"), 1, "the stream goes on");
    assert!(live.number("SELECT sum(drops) FROM room_state") > 0, "what was lost is counted");
    let seen = live.number("SELECT countIf(NOT has(missing, 'picture')) FROM frame_scores");
    assert!((5..=7).contains(&seen), "{seen} units of two seconds with pictures");
}

#[test]
fn a_sender_that_restarts_at_zero_goes_on_and_one_that_comes_late_begins_anew() {
    let broker = Broker::shared().unwrap();
    let settings = broker.with_topics("restart", 1).unwrap();
    let (show, port) = (moment(20), free_port());
    let target = format!("rtmp://127.0.0.1:{port}/live/restarts");
    let push = || show.push(&["-f", "flv", &target]);
    let (mut studio, lines) = Studio::open(&settings, &listener(port));
    wait_for("the listener", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let viewers = show.viewers(&["restarts"], lines);
    let reaches = |streams: i64, seconds: i64| {
        let query = format!(
            "SELECT uniqExact(stream) >= {streams} AND max(media_us) >= {seconds}000000 FROM frame_scores"
        );
        wait_for(&format!("{seconds} seconds of {streams} streams"), || studio.live.number(&query) == 1);
    };
    let sender = push();
    reaches(1, 2);
    sender.kill();
    let sender = push();
    reaches(1, 6);
    sender.kill();
    wait_for("the end of the stream", || ends(&settings) == 1);
    let sender = push();
    reaches(2, 2);
    sender.kill();
    drop(viewers);
    studio.settle();
    let live = &studio.live;
    assert_eq!(live.number("SELECT count() FROM streams"), 2);
    assert_eq!(live.number("SELECT sum(drops) FROM room_state"), 0, "nothing that was sent is missing");
}
