//! Rooms that come and go while others run.

use std::time::{Duration, Instant};

use kairos_capture::{CaptureError, CaptureOptions, RoomState, Rooms};

use crate::support::*;

fn endless(port: u16) -> String {
    format!("rtmp-listen://127.0.0.1:{port}/live")
}

fn eventually(what: &str, rooms: &Rooms, is: impl Fn(&Rooms) -> bool) {
    let began = Instant::now();
    while !is(rooms) {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{what}: {:?} {:?}",
            rooms.status(),
            rooms.file_problem()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn running(rooms: &Rooms) -> Vec<String> {
    let over = |state: &RoomState| matches!(state, RoomState::Ended | RoomState::Failed);
    rooms.status().iter().filter(|room| !over(&room.state)).map(|room| room.room.to_string()).collect()
}

#[test]
fn the_limit_is_kept_and_said() {
    let port = free_port();
    let (rooms, _captures) = Rooms::new(CaptureOptions { max_rooms: 2, ..quick() }).unwrap();
    rooms.add(room("a"), source(&endless(port))).unwrap();
    rooms.add(room("b"), source(&endless(port))).unwrap();
    let error = rooms.add(room("c"), source(&endless(port))).unwrap_err();
    assert_eq!(error.to_string(), "room c is refused: 2 rooms are running, which is the limit (max_rooms)");
    assert!(matches!(rooms.add(room("a"), source(&endless(port))), Err(CaptureError::Running { .. })));
    rooms.remove(&room("a")).unwrap();
    assert!(matches!(rooms.remove(&room("a")), Err(CaptureError::Unknown { .. })));
    eventually("room for another", &rooms, |rooms| rooms.add(room("c"), source(&endless(port))).is_ok());
}

#[test]
fn a_taken_address_is_an_error_and_no_panic() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (rooms, _captures) = Rooms::new(quick()).unwrap();
    let error = rooms.add(room("a"), source(&endless(taken.local_addr().unwrap().port()))).unwrap_err();
    assert!(matches!(error, CaptureError::Listen { .. }), "{error}");
}

#[test]
fn rooms_come_and_go_on_one_listener() {
    let port = free_port();
    let (rooms, _captures) = Rooms::new(quick()).unwrap();
    for round in 0..20 {
        let name = room(&format!("room-{}", round % 3));
        eventually("a place", &rooms, |rooms| match rooms.add(name.clone(), source(&endless(port))) {
            Ok(()) | Err(CaptureError::Running { .. }) => true,
            Err(error) => panic!("round {round}: {error}"),
        });
        if round % 4 == 3 {
            std::thread::sleep(Duration::from_millis(120));
        }
        rooms.remove(&name).unwrap();
    }
    assert!(rooms.close(Duration::from_secs(5)));
    // Nobody listens any more.
    eventually("the address is free", &rooms, |_| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
}

#[test]
fn the_rooms_file_is_followed_and_a_broken_one_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rooms.toml");
    let port = free_port();
    let entry =
        |id: &str, key: &str| format!("[[room]]\nid = \"{id}\"\nsource = \"{}?key={key}\"\n", endless(port));
    std::fs::write(&path, entry("a", "key-a") + &entry("b", "key-b")).unwrap();
    let (rooms, _captures) = Rooms::new(quick()).unwrap();
    rooms.add(room("by-hand"), source(&endless(port))).unwrap();
    rooms.watch(&path).unwrap();
    assert_eq!(running(&rooms), ["a", "b", "by-hand"]);

    std::fs::write(&path, entry("b", "key-b") + &entry("c", "key-c")).unwrap();
    eventually("a goes, c comes", &rooms, |rooms| running(rooms) == ["b", "by-hand", "c"]);

    std::fs::write(&path, entry("b", "key-b") + "[[room]]\nid = \"d\"\nsorce = \"x\"\n").unwrap();
    eventually("the problem is told", &rooms, |rooms| rooms.file_problem().is_some());
    let problem = rooms.file_problem().unwrap();
    assert!(problem.contains("rooms.toml:6: unknown field `sorce`"), "{problem}");
    assert_eq!(running(&rooms), ["b", "by-hand", "c"], "what runs goes on");

    std::fs::write(&path, entry("b", "key-b") + &entry("b", "key-x")).unwrap();
    eventually("twice", &rooms, |rooms| {
        rooms.file_problem().is_some_and(|p| p.contains(":5: room b stands there twice"))
    });

    let listener = format!("[[listener]]\nsource = \"{}-open\"\n", endless(port));
    std::fs::write(&path, entry("c", "key-new") + &listener).unwrap();
    eventually("sound again", &rooms, |rooms| {
        rooms.file_problem().is_none() && running(rooms) == ["by-hand", "c"]
    });
    assert!(!format!("{:?}", rooms.status()).contains("key-"), "no key is shown");

    std::fs::remove_file(&path).unwrap();
    eventually("a missing file is a problem", &rooms, |rooms| rooms.file_problem().is_some());
    assert_eq!(running(&rooms), ["by-hand", "c"]);
    assert!(rooms.close(Duration::from_secs(5)));
}

#[test]
fn a_broken_rooms_file_at_the_start_is_an_error_with_its_line_and_without_keys() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rooms.toml");
    let (rooms, _captures) = Rooms::new(quick()).unwrap();
    std::fs::write(&path, "[[room]]\nid = \"a\"\nsource = \"rtmp://host/hidden-key\"\n").unwrap();
    let error = rooms.watch(&path).unwrap_err().to_string();
    assert!(error.contains("rooms.toml:3: ") && error.contains("needs an application"), "{error}");
    assert!(!error.contains("hidden-key"), "{error}");
    assert!(rooms.watch(&dir.path().join("none.toml")).is_err());
}

#[test]
fn rooms_end_with_their_last_handle() {
    let port = free_port();
    let (rooms, mut collector) = start(quick());
    rooms.add(room("a"), source(&endless(port))).unwrap();
    let other = rooms.clone();
    drop(rooms);
    assert_eq!(running(&other), ["a"], "another handle is left");
    drop(other);
    assert!(collector.until(0.0, in_state("a", |state, _| *state == RoomState::Ended)), "it is over by then");
    assert_eq!(collector.captures.try_next(), Ok(None), "nothing more will come");
}

#[test]
fn all_ends_when_the_rooms_are_closed() {
    let port = free_port();
    let (rooms, mut collector) = start(quick());
    for name in ["a", "b", "c"] {
        rooms.add(room(name), source(&endless(port))).unwrap();
    }
    assert!(rooms.close(Duration::from_secs(5)));
    assert!(collector.until(5.0, |all| {
        ["a", "b", "c"].iter().all(|name| in_state(name, |state, _| *state == RoomState::Ended)(all))
    }));
    assert_eq!(collector.captures.try_next(), Ok(None), "nothing more will come");
    assert!(rooms.add(room("d"), source(&endless(port))).is_err());
}
