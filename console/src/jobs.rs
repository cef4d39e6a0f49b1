//! Asking live jobs how they are: `GET /status` on the address of each one's metrics.
//!
//! Invariants: all are asked at once, each within a deadline; an answer is bounded; one that does not answer is told as
//! such and holds up nobody.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::header::HOST;
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use utoipa::ToSchema;

/// A job on the same network answers in milliseconds.
const DEADLINE: Duration = Duration::from_secs(2);
/// Bytes of an answer: a job tells at most two hundred troubles of half a kilobyte.
const LONGEST: usize = 1 << 20;

/// Something that is wrong with a job now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobTrouble {
    /// `broker`, `tables`, `disk`, `room`, `media`, `dead_letters`, `model`, `checkpoint` or `clip`.
    pub kind: String,
    /// The room or topic that it is about; empty when it is about the whole job.
    pub about: String,
    /// What is wrong, in a few words.
    pub title: String,
    /// What the log says of it.
    pub text: String,
    /// What to do about it.
    pub action: String,
    /// How often the log said so.
    pub count: u64,
    /// When it began, Unix microseconds.
    pub first_us: i64,
    /// When it was last seen, Unix microseconds.
    pub last_us: i64,
}

/// What a job says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobStatus {
    /// The job's name: `score`, `ingest` and so on.
    pub part: String,
    /// Its version.
    pub version: String,
    /// When it was started, Unix microseconds.
    pub started_us: i64,
    /// What is wrong.
    pub troubles: Vec<JobTrouble>,
}

/// A job that is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Job {
    /// Where it is asked.
    address: String,
    /// What it says; absent when it does not answer.
    status: Option<JobStatus>,
    /// Why there is no answer.
    problem: Option<String>,
}

/// The host and port of `http://host:port`.
pub(crate) fn authority(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    let is_bare = uri.scheme_str() == Some("http") && uri.path() == "/" && uri.query().is_none();
    uri.authority().filter(|authority| is_bare && authority.port().is_some()).map(ToString::to_string)
}

/// Asks all of them, in their order.
pub(crate) async fn ask_all(addresses: &[String]) -> Vec<Job> {
    let asked = addresses.iter().cloned().map(|address| {
        tokio::spawn(async move {
            let answer = tokio::time::timeout(DEADLINE, ask(&address)).await;
            let answer =
                answer.unwrap_or_else(|_late| Err(format!("no answer within {} s", DEADLINE.as_secs())));
            let (status, problem) = match answer {
                Ok(status) => (Some(status), None),
                Err(problem) => (None, Some(problem)),
            };
            Job { address, status, problem }
        })
    });
    let asked: Vec<_> = asked.collect();
    let mut jobs = Vec::with_capacity(asked.len());
    for job in asked {
        jobs.extend(job.await.ok());
    }
    jobs
}

async fn ask(address: &str) -> Result<JobStatus, String> {
    let host = authority(address).ok_or("no address of a job")?;
    let stream = TcpStream::connect(&host).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    // Ends with the sender.
    tokio::spawn(connection);
    let request = Request::get("/status").header(HOST, &host).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
    if answer.status() != StatusCode::OK {
        return Err(format!("answered {}", answer.status()));
    }
    let body =
        Limited::new(answer.into_body(), LONGEST).collect().await.map_err(|error| error.to_string())?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| format!("no status of a job: {error}"))
}

#[cfg(test)]
mod tests {
    use axum::Json;
    use axum::routing::get;

    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        assert_eq!(authority("http://score:9600").as_deref(), Some("score:9600"));
        assert_eq!(authority("http://127.0.0.1:9600/").as_deref(), Some("127.0.0.1:9600"));
        for wrong in
            ["score:9600", "http://score", "http://score:9600/metrics", "https://score:9600", "file:///etc"]
        {
            assert_eq!(authority(wrong), None, "{wrong}");
        }
    }

    async fn serve(router: axum::Router) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    #[tokio::test]
    async fn those_that_answer_and_those_that_do_not_are_told_apart() {
        let status =
            JobStatus { part: "score".into(), version: "1".into(), started_us: 7, troubles: Vec::new() };
        let told = status.clone();
        let well = serve(axum::Router::new().route("/status", get(async || Json(told)))).await;
        let other = serve(axum::Router::new().route("/status", get(async || "hello"))).await;
        let flood = serve(axum::Router::new().route("/status", get(async || "x".repeat(2 << 20)))).await;
        let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mute_address = format!("http://{}", mute.local_addr().unwrap());
        let gone = "http://127.0.0.1:1".to_owned();
        let jobs = ask_all(&[well, other, flood, mute_address, gone]).await;
        assert_eq!(jobs[0].status.as_ref(), Some(&status));
        let problems: Vec<&str> = jobs.iter().filter_map(|job| job.problem.as_deref()).collect();
        assert_eq!(problems.len(), 4);
        let words = ["no status of a job", "length limit exceeded", "no answer within 2 s", "refused"];
        for (problem, word) in problems.iter().zip(words) {
            assert!(problem.contains(word), "{problem} says nothing of {word:?}");
        }
    }
}
