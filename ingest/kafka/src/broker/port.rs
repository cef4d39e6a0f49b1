//! Ports for services that are killed and come back.
//!
//! Invariants: no port is given twice by one process, and none lies where connections that go out get theirs (Linux: from
//! 32768 up). There, a client that tries again and again to reach a dead service can be given the service's own port,
//! is then connected to itself, and the service can't come back.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

use super::folder::failed;
use crate::Error;

/// Processes that run at once begin at different ones.
const FIRST: u16 = 20_000;
const EACH: u16 = 200;
const PROCESSES: u32 = 60;

/// A loopback port that is free now.
///
/// # Errors
/// If all ports that are tried are in use.
pub fn free_port() -> Result<u16, Error> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % PROCESSES).unwrap_or_default() * EACH;
    for _ in 0..EACH {
        let port = FIRST + own + NEXT.fetch_add(1, Ordering::Relaxed) % EACH;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(failed(format!("no port of {EACH} from {} up is free", FIRST + own)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_can_be_listened_on() {
        let ports: Vec<u16> = (0..20).map(|_| free_port().unwrap()).collect();
        let listeners: Vec<_> = ports.iter().map(|port| TcpListener::bind(("127.0.0.1", *port))).collect();
        assert!(listeners.iter().all(Result::is_ok), "{ports:?}");
        assert!(ports.iter().all(|port| *port < 32_768), "{ports:?}");
    }
}
