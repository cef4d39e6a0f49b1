//! RTSP from a camera of our own that knows what time it is.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use kairos_capture::{CaptureOptions, RoomState};
use kairos_timeline::{Span, WallTime};

use crate::support::*;

/// How far the camera's clock is behind ours: more than any network.
const BEHIND: Duration = Duration::from_secs(20);

/// The pictures of the clip as RTP packets, with when each is due.
fn packets() -> Vec<(Duration, Vec<u8>)> {
    gst::init().expect("gstreamer is installed");
    let pipeline = gst::parse::launch(&format!(
        "filesrc location={} ! qtdemux ! h264parse ! rtph264pay config-interval=-1 pt=96 timestamp-offset=0 ssrc=7 ! \
         appsink name=out sync=false",
        clip().display()
    ))
    .expect("a pipeline");
    let sink = pipeline.downcast_ref::<gst::Bin>().expect("it works").by_name("out").expect("it works");
    let sink = sink.downcast::<gst_app::AppSink>().expect("it works");
    pipeline.set_state(gst::State::Playing).expect("it works");
    let mut packets = Vec::new();
    while let Ok(sample) = sink.pull_sample() {
        let buffer = sample.buffer_owned().expect("it works");
        let at = buffer.dts_or_pts().expect("it works");
        packets
            .push((Duration::from_nanos(at.nseconds()), buffer.map_readable().expect("it works").to_vec()));
    }
    pipeline.set_state(gst::State::Null).expect("it works");
    let first = packets[0].0;
    packets.iter_mut().for_each(|(at, _)| *at = at.saturating_sub(first));
    packets
}

/// A sender report (RFC 3550, 6.4.1): what the camera's clock says at an RTP timestamp.
fn report(wall: Duration, rtp: u32) -> Vec<u8> {
    let ntp_seconds = (wall.as_secs() + 2_208_988_800) as u32;
    let ntp_fraction = ((u64::from(wall.subsec_nanos()) << 32) / 1_000_000_000) as u32;
    let mut report = vec![0x80, 200, 0, 6];
    for word in [7, ntp_seconds, ntp_fraction, rtp, 0, 0] {
        report.extend_from_slice(&word.to_be_bytes());
    }
    report
}

fn interleaved(channel: u8, packet: &[u8]) -> Vec<u8> {
    let mut framed = vec![b'$', channel];
    framed.extend_from_slice(&(packet.len() as u16).to_be_bytes());
    framed.extend_from_slice(packet);
    framed
}

fn camera(stream: TcpStream, packets: &[(Duration, Vec<u8>)]) {
    let mut reader = BufReader::new(stream.try_clone().expect("it works"));
    let mut writer = stream;
    loop {
        let (mut line, mut sequence) = (String::new(), String::new());
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let method = line.split(' ').next().expect("it works").to_owned();
        while line.trim() != "" {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("cseq:") {
                value.trim().clone_into(&mut sequence);
            }
            line.clear();
            reader.read_line(&mut line).expect("it works");
        }
        let sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\na=control:*\r\n\
                   m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track\r\n";
        let (headers, body) = match method.as_str() {
            "OPTIONS" => ("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER".to_owned(), ""),
            "DESCRIBE" => ("Content-Type: application/sdp".to_owned(), sdp),
            "SETUP" => ("Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00000007".to_owned(), ""),
            _ => ("Range: npt=0-".to_owned(), ""),
        };
        let answer = format!(
            "RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\nSession: 1\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        writer.write_all(answer.as_bytes()).expect("it works");
        if method == "PLAY" {
            break;
        }
    }
    let begun = Instant::now();
    let wall = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it works") - BEHIND;
    let rtp = |packet: &[u8]| u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]);
    let first = rtp(&packets[0].1);
    let mut told = Duration::ZERO;
    for (at, packet) in packets {
        std::thread::sleep(at.saturating_sub(begun.elapsed()));
        if *at >= told + Duration::from_millis(200) {
            told = *at;
            let ticks = first.wrapping_add((at.as_micros() * 9 / 100) as u32);
            writer.write_all(&interleaved(1, &report(wall + *at, ticks))).expect("it works");
        }
        if writer.write_all(&interleaved(0, packet)).is_err() {
            return;
        }
    }
    // A camera does not end; it is switched off.
    std::thread::sleep(Duration::from_millis(500));
}

#[test]
fn a_cameras_own_clock_dates_its_pictures() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let packets = packets();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let packets = packets.clone();
            std::thread::spawn(move || camera(stream, &packets));
        }
    });
    let (rooms, mut collector) = start(CaptureOptions { resume_within_ms: 0, ..quick() });
    rooms.add(room("cam"), source(&format!("rtsp://user:a-password@{address}/cam"))).unwrap();
    collector.must(20.0, "the end", |all| {
        ended("cam")(all) || in_state("cam", |state, _| matches!(state, RoomState::Failed))(all)
    });
    rooms.remove(&room("cam")).unwrap();
    println!("{}", story(&collector.all));
    let all = collector.segments("cam");
    let first: Vec<_> = all.iter().filter(|s| s.stream == all[0].stream).cloned().collect();
    let (times, _) = judge(&first);
    // The jitter buffer's last pictures go with the connection.
    assert!(times.len() >= PICTURES - RATE / 2 && times.len() <= PICTURES, "{} pictures", times.len());
    assert!(
        times
            .windows(2)
            .all(|pair| ((pair[1] - pair[0]) - Span::from_millis(40)).abs() <= Span::from_millis(2))
    );
    let now = WallTime::from_micros(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64);
    // As soon as its clock is known, which is before anything came out, capture times are the camera's.
    let span = first.last().unwrap().captured_at - first[0].captured_at;
    let media = first.last().unwrap().start - first[0].start;
    assert!((span - media).abs() < Span::from_millis(5), "{span} and {media}");
    let age = now - first.last().unwrap().captured_at;
    let behind = Span::from_micros(BEHIND.as_micros() as i64);
    assert!(
        age > behind && age < behind + Span::from_millis(8_000),
        "captured {age} ago by the camera's clock"
    );
    assert!(!story(&collector.all).contains("a-password"));
}
