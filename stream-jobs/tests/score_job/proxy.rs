//! A TCP proxy that is as slow as a test wants it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// How answers go through. What is asked goes through at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// At once.
    AtOnce,
    /// Each piece after so long.
    After(Duration),
    /// Not at all, until something else is said.
    Held,
}

/// Passes on what comes to its port.
pub struct Proxy {
    pub port: u16,
    answers: Arc<(Mutex<Answers>, Condvar)>,
}

impl Proxy {
    /// In front of `target`, a port on loopback; runs as long as the process.
    pub fn open(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = Arc::new((Mutex::new(Answers::AtOnce), Condvar::new()));
        let shared = answers.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Whoever calls while nobody is behind the proxy is hung up on.
                let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || pass(from, to, || {}));
                let shared = shared.clone();
                std::thread::spawn(move || pass(server, client, || wait(&shared)));
            }
        });
        Self { port, answers }
    }

    /// From now on.
    pub fn set(&self, answers: Answers) {
        *self.answers.0.lock().unwrap() = answers;
        self.answers.1.notify_all();
    }
}

fn wait((answers, changed): &(Mutex<Answers>, Condvar)) {
    let is_held = |answers: &mut Answers| *answers == Answers::Held;
    let now: MutexGuard<'_, Answers> = changed.wait_while(answers.lock().unwrap(), is_held).unwrap();
    if let Answers::After(time) = *now {
        drop(now);
        std::thread::sleep(time);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, before: impl Fn()) {
    to.set_nodelay(true).unwrap();
    let mut bytes = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        before();
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    // The other side may have hung up already.
    to.shutdown(Shutdown::Write).ok();
}
