//! How many requests a client may send.
//!
//! Invariant: memory is bounded; when more clients come than are remembered, those that have been quiet the longest
//! are forgotten, and a forgotten client starts with a full bucket, so that forgetting never locks anybody out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::options::RateLimit;

/// Clients remembered at once.
const MOST: usize = 20_000;

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// One bucket per client.
#[derive(Debug)]
pub(crate) struct Buckets {
    rate: RateLimit,
    buckets: Mutex<HashMap<Option<IpAddr>, Bucket>>,
}

impl Buckets {
    pub(crate) fn new(rate: RateLimit) -> Self {
        Self { rate, buckets: Mutex::default() }
    }

    /// Takes from a client's bucket; `false` when there is too little in it.
    pub(crate) fn take(&self, client: Option<IpAddr>, tokens: f64) -> bool {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST && !buckets.contains_key(&client) {
            let full = self.rate.burst / self.rate.per_second;
            buckets.retain(|_, bucket| now.duration_since(bucket.at).as_secs_f64() < full);
            if buckets.len() >= MOST {
                let mut times: Vec<Instant> = buckets.values().map(|bucket| bucket.at).collect();
                let middle = MOST / 2;
                let (_, median, _) = times.select_nth_unstable(middle);
                let median = *median;
                buckets.retain(|_, bucket| bucket.at > median);
            }
        }
        let bucket = buckets.entry(client).or_insert(Bucket { tokens: self.rate.burst, at: now });
        let flowed = now.duration_since(bucket.at).as_secs_f64() * self.rate.per_second;
        bucket.tokens = (bucket.tokens + flowed).min(self.rate.burst);
        bucket.at = now;
        let enough = bucket.tokens >= tokens;
        if enough {
            bucket.tokens -= tokens;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn client(n: u32) -> Option<IpAddr> {
        Some(IpAddr::V4(Ipv4Addr::from(n)))
    }

    #[test]
    fn a_client_that_asks_too_often_waits_and_others_do_not() {
        let buckets = Buckets::new(RateLimit { per_second: 0.001, burst: 10.0 });
        assert!((0..10).all(|_| buckets.take(client(1), 1.0)));
        assert!(!buckets.take(client(1), 1.0));
        assert!(buckets.take(client(2), 10.0) && !buckets.take(client(2), 10.0));
    }

    #[test]
    fn memory_is_bounded_whoever_asks() {
        let buckets = Buckets::new(RateLimit { per_second: 0.001, burst: 10.0 });
        assert!((0..MOST as u32 + 5_000).all(|n| buckets.take(client(n), 1.0)));
        assert!(buckets.buckets.lock().unwrap().len() <= MOST);
    }
}
