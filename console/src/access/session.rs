//! Login cookies.
//!
//! Invariants: a cookie holds a role and an end, signed, and never the token; changing the tokens ends every
//! session.

use hyper::HeaderMap;
use hyper::header::COOKIE;

use super::{Role, named};
use crate::options::ConsoleOptions;

const NAME: &str = "kairos_session";

/// Signs and reads cookies.
#[derive(Clone)]
pub(super) struct Sessions {
    key: [u8; 32],
    days: i64,
    attributes: &'static str,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").field("days", &self.days).finish_non_exhaustive()
    }
}

impl Sessions {
    pub(super) fn new(options: &ConsoleOptions) -> Self {
        let mut key = blake3::Hasher::new_derive_key("kairos console 2026 session cookies");
        for tokens in [&options.reader_tokens, &options.editor_tokens] {
            for token in tokens {
                key.update(&(token.expose().len() as u64).to_le_bytes()).update(token.expose().as_bytes());
            }
            key.update(&[0xff]);
        }
        let attributes = if options.https_only { "; Secure" } else { "" };
        Self { key: *key.finalize().as_bytes(), days: options.session_days.into(), attributes }
    }

    /// A cookie that says who has logged in.
    pub(super) fn write(&self, role: Role, now_us: i64) -> String {
        let seconds = self.days * 86_400;
        let end = now_us / 1_000_000 + seconds;
        let signed = format!("{}.{end}", named(role));
        let mac = blake3::keyed_hash(&self.key, signed.as_bytes()).to_hex();
        format!(
            "{NAME}={signed}.{mac}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{}",
            self.attributes
        )
    }

    /// A cookie that forgets it.
    pub(super) fn clear(&self) -> String {
        format!("{NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{}", self.attributes)
    }

    /// Who has logged in, if the cookie holds.
    pub(super) fn read(&self, headers: &HeaderMap, now_us: i64) -> Option<Role> {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == NAME)?;
        let (signed, mac) = value.rsplit_once('.')?;
        let mac = blake3::Hash::from_hex(mac).ok()?;
        // `Hash` compares in constant time.
        if blake3::keyed_hash(&self.key, signed.as_bytes()) != mac {
            return None;
        }
        let (role, end) = signed.split_once('.')?;
        if end.parse::<i64>().ok()? <= now_us / 1_000_000 {
            return None;
        }
        [Role::Reader, Role::Editor].into_iter().find(|known| named(*known) == role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn sessions(token: &str) -> Sessions {
        let editor_tokens = vec![Secret::new(token)];
        Sessions::new(&ConsoleOptions { editor_tokens, session_days: 1, ..ConsoleOptions::default() })
    }

    fn read(sessions: &Sessions, cookie: &str, now_us: i64) -> Option<Role> {
        let value = format!("other=1; {}", cookie.split(';').next().unwrap());
        sessions.read(&[(COOKIE, value.parse().unwrap())].into_iter().collect(), now_us)
    }

    #[test]
    fn a_session_holds_until_its_end_and_for_its_tokens_only() {
        let own = sessions("a token of the desk");
        let cookie = own.write(Role::Reader, 0);
        assert!(cookie.contains("; HttpOnly; SameSite=Strict") && !cookie.contains("desk"), "{cookie}");
        assert_eq!(read(&own, &cookie, 0), Some(Role::Reader));
        assert_eq!(read(&own, &cookie, 86_400_000_000), None);
        assert_eq!(read(&sessions("another token here"), &cookie, 0), None);
        assert_eq!(read(&own, &cookie.replace("reader", "editor"), 0), None);
        assert_eq!(read(&own, &own.clear(), 0), None);
    }
}
